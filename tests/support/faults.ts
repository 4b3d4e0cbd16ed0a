/** What goes wrong between a service and DynamoDB, made to happen. */
import { nameOf, reply, type Call, type Interceptor, type Reply } from './proxy.ts';

const ERROR = 'com.amazonaws.dynamodb.v20120810#';
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'];
const isWrite = ({ operation }: Call): boolean => WRITES.includes(operation);
const never = (): Promise<never> => new Promise(() => undefined);

interface Fault {
  /** Whether it can happen to such a call. */
  concerns?: (call: Call) => boolean;
  strike: Interceptor;
}

const answering =
  (status: number, type: string, more = {}): Interceptor =>
  () =>
    Promise.resolve(reply(status, { __type: `${ERROR}${type}`, message: type, ...more }));

const afterwards =
  (strike: () => Promise<Reply | undefined>): Interceptor =>
  async (_, forward) => {
    await forward();
    return strike();
  };

const noReply = (): Promise<undefined> => Promise.resolve(undefined);
const internalError = answering(500, 'InternalServerError');

/** By what the client of DynamoDB sees. */
const FAULTS = {
  'no connection': { strike: noReply },
  'a lost answer': { strike: afterwards(noReply) },
  'an internal error': { strike: internalError },
  'an internal error after the write': {
    concerns: isWrite,
    strike: async (call, forward) => {
      await forward();
      return internalError(call, forward);
    },
  },
  throttling: { strike: answering(400, 'ProvisionedThroughputExceededException') },
  'a conflict of writes': {
    concerns: isWrite,
    strike: (call, forward) => {
      if (call.operation !== 'TransactWriteItems') {
        return answering(400, 'TransactionConflictException')(call, forward);
      }
      const CancellationReasons = (call.input.TransactItems ?? []).map((_, i) => ({
        Code: i === 0 ? 'TransactionConflict' : 'None',
      }));
      return answering(400, 'TransactionCanceledException', { CancellationReasons })(call, forward);
    },
  },
  'unprocessed keys': {
    concerns: ({ operation }) => operation === 'BatchGetItem',
    strike: ({ input }) =>
      Promise.resolve(reply(200, { Responses: {}, UnprocessedKeys: input.RequestItems })),
  },
  silence: { strike: never },
  'silence after the write': { concerns: isWrite, strike: afterwards(never) },
} satisfies Record<string, Fault>;

export type FaultKind = keyof typeof FAULTS;

/** @param name see nameOf */
export function faultsOf(name: string): FaultKind[] {
  const [operation = ''] = name.split(' ');
  const concerns = (fault: Fault): boolean => fault.concerns?.({ operation, input: {} }) ?? true;
  return (Object.keys(FAULTS) as FaultKind[]).filter((kind) => concerns(FAULTS[kind]));
}

/** Passes everything on, until it is told to go wrong. Counts the calls from then on. */
export class Saboteur {
  #kind: FaultKind | undefined;
  #name = '';
  #lasting = false;
  calls: Call[] = [];
  /** Whether anything has gone wrong since it was armed. */
  struck = false;

  /** Lets the next call of that name go wrong; where it is lasting, all that come after, too. */
  arm(kind: FaultKind | undefined, name = '', lasting = false): void {
    this.#kind = kind;
    this.#name = name;
    this.#lasting = lasting;
    this.calls = [];
    this.struck = false;
  }

  readonly intercept: Interceptor = async (call, forward) => {
    this.calls.push(call);
    const fault: Fault | undefined = this.#kind && FAULTS[this.#kind];
    const due = this.struck ? this.#lasting : nameOf(call) === this.#name;
    if (!fault || !due) return forward();
    this.struck = true;
    return fault.strike(call, forward);
  };
}
