/** Makes calls to DynamoDB fail in the ways in which they can fail. */
import { nameOf, reply, type Call, type Interceptor, type Reply } from './proxy.ts';

const ERROR = 'com.amazonaws.dynamodb.v20120810#';
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'];
const isWrite = ({ operation }: Call): boolean => WRITES.includes(operation);
const never = (): Promise<never> => new Promise(() => undefined);

interface Fault {
  /** Tells whether the fault can happen to a call; absent if it can happen to every call. */
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

/** All faults, named after what the client of DynamoDB sees. */
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

/**
 * Lists the faults that can happen to a call.
 *
 * @param name see nameOf
 */
export function faultsOf(name: string): FaultKind[] {
  const [operation = ''] = name.split(' ');
  const concerns = (fault: Fault): boolean => fault.concerns?.({ operation, input: {} }) ?? true;
  return (Object.keys(FAULTS) as FaultKind[]).filter((kind) => concerns(FAULTS[kind]));
}

/** Passes every call on until it is armed. Then it makes calls fail, and records them. */
export class Saboteur {
  #kind: FaultKind | undefined;
  #name = '';
  #lasting = false;
  calls: Call[] = [];
  /** Whether a call has failed since it was armed. */
  struck = false;

  /** Makes the next call of that name fail. If it is lasting, all later calls fail, too. */
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
