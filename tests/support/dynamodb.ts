/** Starts one DynamoDB Local for all test files. They get its URL by `inject('dynamodb')`. */
import type { TestProject } from 'vitest/node';
import { startDynamoDBLocal } from '../../lib/emulator/dynamodb-local.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    dynamodb: string;
    /** How far the indexes lag, see lagging-index.ts. Undefined: they do not lag. */
    indexLag?: number | 'empty';
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { endpoint, stop } = await startDynamoDBLocal();
  provide('dynamodb', endpoint);
  return stop;
}
