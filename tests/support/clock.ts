import { afterEach, beforeEach, vi } from 'vitest';

/**
 * Later than any real one: DynamoDB Local deletes what has expired by its own clock. A whole
 * second, so that a limit is met to the second.
 */
const START = Date.UTC(2100, 0, 1);

/** In each test of the file or suite, the clock stands still until the test moves it. */
export function stopClock(): void {
  // Only the date: the SDK and bcrypt need their timers.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
  afterEach(() => void vi.useRealTimers());
}

export function advance(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
}

/** Where a limit is tested: when, whether what it limits still works then, and seconds from it. */
export const AROUND_A_LIMIT = [
  ['works one second before', true, -1],
  ['is refused at the very second of', false, 0],
  ['is refused one second after', false, 1],
] as const;
