/** A user's way through all pages, and what must hold of each state on the way. */
import { describe, expect } from 'vitest';
import { checkState, it } from '../support/pages.ts';
import { walk } from './walk.ts';

describe('the pages', () => {
  it('lead a new user from signing up to deleting the account, each state accessible in both schemes and at 320 px', async ({
    page,
    service,
    seen,
  }) => {
    const states: string[] = [];
    await walk({
      page,
      service,
      check: async (_, state) => {
        states.push(state);
        await checkState(page, state);
      },
    });
    expect(new Set(states).size).toBeGreaterThan(35);
    const aborted = seen.faults.findIndex((fault) => fault.includes('net::ERR_FAILED'));
    seen.faults.splice(aborted, 1);
    expect(seen.requests.length).toBeGreaterThan(50);
  });
});
