/** Passes every call on to DynamoDB Local, and writes down which were made, and which side by side. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy, type Call, type Proxy } from './proxy.ts';

/** How long a call is held, so that those made side by side with it arrive before it has ended. */
const ARRIVAL_MS = 5;

export interface Recorder extends Proxy {
  /** The calls that an action makes: a list for each round trip, of the calls side by side in it. */
  roundTrips: (action: () => Promise<unknown>) => Promise<Call[][]>;
}

/** @param target the URL of DynamoDB Local */
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
      // Before the SDK has its answer: what it asks next is asked after this call.
      underWay--;
    }
  });
  return {
    ...proxy,
    roundTrips: async (action) => {
      trips = [];
      await action();
      return trips;
    },
  };
}
