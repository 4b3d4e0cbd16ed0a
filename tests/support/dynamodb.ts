/** Runs once for all test files: one DynamoDB Local, whose URL they `inject('dynamodb')`. */
import type { TestProject } from 'vitest/node';
import { startDynamoDBLocal } from '../../lib/emulator/dynamodb-local.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    dynamodb: string;
    /** How far the indexes trail, see lagging-index.ts; absent: not at all. */
    indexLag?: number | 'empty';
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { endpoint, stop } = await startDynamoDBLocal();
  provide('dynamodb', endpoint);
  return stop;
}
