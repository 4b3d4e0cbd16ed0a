import { afterEach, beforeEach, vi } from 'vitest';

/**
 * Later than any real time, because DynamoDB Local deletes expired items by its own clock. A whole
 * second, so that tests reach a limit at the exact second.
 */
const START = Date.UTC(2100, 0, 1);

/** Stops the clock in each test of the file or suite. Only the test moves it. */
export function stopClock(): void {
  // Fakes only the date: the SDK and bcrypt need their timers.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
  afterEach(() => void vi.useRealTimers());
}

export function advance(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
}

/** Where to test a limit: a title, whether the limited thing still works, and seconds from the limit. */
export const AROUND_A_LIMIT = [
  ['works one second before', true, -1],
  ['is refused at the very second of', false, 0],
  ['is refused one second after', false, 1],
] as const;
