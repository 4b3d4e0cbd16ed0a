/** Passes every call on to DynamoDB Local and records it, and which calls were made at the same time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy, type Call, type Proxy } from './proxy.ts';

/** How long a call is held, so that calls made at the same time arrive before it has ended. */
const ARRIVAL_MS = 5;

export interface Recorder extends Proxy {
  /** Returns a list for each round trip of an action, with the calls that were made at the same time. */
  roundTrips: (action: () => Promise<unknown>) => Promise<Call[][]>;
}

/**
 * Starts the recorder.
 *
 * @param target the URL of DynamoDB Local
 */
export async function startRecorder(target: string): Promise<Recorder> {
  let trips: Call[][] = [];
  let underWay = 0;
  const proxy = await startProxy(target, async (call, forward) => {
    // A call that starts while none is under way begins a new round trip.
    if (underWay++ === 0) trips.push([]);
    trips.at(-1)?.push(call);
    try {
      await sleep(ARRIVAL_MS);
      return await forward();
    } finally {
      // Counted before the SDK gets the answer: its next call comes after this one.
      underWay--;
    }
  });
  const quiet = async (): Promise<void> => {
    while (underWay > 0) await sleep(1);
  };
  return {
    ...proxy,
    roundTrips: async (action) => {
      // A refusal may come before a call beside it has ended.
      await quiet();
      trips = [];
      await action();
      await quiet();
      return trips;
    },
  };
}
