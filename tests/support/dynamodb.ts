/** Starts one DynamoDB Local for all projects that use one. Their files get its URL by `inject('dynamodb')`. */
import type { TestProject } from 'vitest/node';
import { startDynamoDBLocal } from '../../lib/emulator/dynamodb-local.mjs';
import { startOnce } from './start-once.ts';

declare module 'vitest' {
  interface ProvidedContext {
    dynamodb: string;
    /** How far the indexes lag, see lagging-index.ts. Undefined: they do not lag. */
    indexLag?: number | 'empty';
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { endpoint, stop } = await startOnce('dynamodb', startDynamoDBLocal);
  provide('dynamodb', endpoint);
  return stop;
}
