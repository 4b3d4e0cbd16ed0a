/**
 * Decides as IAM does whether a policy allows a request, for the parts of IAM that the roles use, and
 * says which request a call of DynamoDB is.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
import type { Call, Input, Values } from './proxy.ts';
import type { Statement } from './package.ts';

export interface Request {
  action: string;
  /** As in the template, such as `${UsersTable.Arn}/index/email-index`. */
  resource: string;
  /** The values of each condition key. */
  context: Record<string, string[]>;
}

export const LEADING_KEYS = 'dynamodb:LeadingKeys';
export const ATTRIBUTES = 'dynamodb:Attributes';

type Conditions = Record<string, Record<string, string | string[]>>;

/** Whether a statement allows a request. */
export function allows(statement: Statement, { action, resource, context }: Request): boolean {
  const { Effect, Action, Condition = {} } = statement;
  if (Effect !== 'Allow') throw new Error(`Only Allow is known, not ${Effect}`);
  return (
    [Action].flat().includes(action) &&
    resourcesOf(statement).includes(resource) &&
    Object.entries(Condition as Conditions).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) =>
        OPERATORS[operator]?.(context[key] ?? [], [values].flat()),
      ),
    )
  );
}

/** `ForAllValues` holds for a key without values, `StringEquals` does not. */
const OPERATORS: Record<string, (found: string[], values: string[]) => boolean> = {
  StringEquals: (found, values) => found.some((each) => values.includes(each)),
  'ForAllValues:StringEquals': (found, values) => found.every((each) => values.includes(each)),
  'ForAllValues:StringLike': (found, values) =>
    found.every((each) => values.some((pattern) => matchesPattern(each, pattern))),
};

/** `*` stands for any text, `?` for one character. */
function matchesPattern(value: string, pattern: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(value);
}

/** The attributes to which a statement limits a write; none if it does not limit them. */
export function attributesOf({ Condition = {} }: Statement): string[] {
  return [(Condition as Conditions)['ForAllValues:StringEquals']?.[ATTRIBUTES] ?? []].flat();
}

/** The resources of a statement as text. */
export function resourcesOf({ Resource }: Statement): string[] {
  return [Resource].flat().map((resource) => {
    const { 'Fn::GetAtt': attribute, 'Fn::Sub': text } = resource as {
      'Fn::GetAtt'?: string[];
      'Fn::Sub'?: string;
    };
    return attribute ? `\${${attribute.join('.')}}` : String(text);
  });
}

/**
 * Returns the requests that IAM decides on for a call. A transaction is one for each of its parts, and
 * a batch has the keys of all its items.
 *
 * @param tableArn the ARN of a table, by its name
 */
export function requestsOf(
  { operation, input }: Call,
  tableArn: (name: string) => string,
): Request[] {
  const { RequestItems, TransactItems } = input;
  const request = (name: string, keys: Values[], { TableName, IndexName, ...rest }: Input) => ({
    action: `dynamodb:${name}`,
    resource: tableArn(String(TableName)) + (IndexName === undefined ? '' : `/index/${IndexName}`),
    context: {
      [LEADING_KEYS]: keys.map(({ id }) => String(id?.S)),
      [ATTRIBUTES]: [...new Set([...keys.flatMap((key) => Object.keys(key)), ...namesIn(rest)])],
    },
  });
  if (RequestItems) {
    return Object.entries(RequestItems).map(([TableName, { Keys, ...rest }]) =>
      request(operation, Keys, { ...rest, TableName }),
    );
  }
  if (TransactItems) {
    return TransactItems.flatMap((part) => Object.entries(part)).map(([verb, each]) =>
      request(`${verb}Item`, keyOf(each), each),
    );
  }
  return [request(operation, keyOf(input), input)];
}

/** The key of an item that a call names, or the whole item that it puts. */
function keyOf({ Key, Item, ExpressionAttributeValues = {} }: Input): Values[] {
  const value = ExpressionAttributeValues[':id'];
  return [Key ?? Item ?? (value ? { id: value } : {})];
}

/** The names of all attributes in the expressions of a call. The service aliases each of them. */
function namesIn({ ExpressionAttributeNames = {}, ...rest }: Input): string[] {
  for (const [name, expression] of Object.entries(rest)) {
    if (!name.endsWith('Expression') || typeof expression !== 'string') continue;
    const bare = expression.match(/(?<![#:\w])[a-z]\w*(?!\w*\()/g) ?? [];
    if (bare.length > 0) throw new Error(`${name} has attributes without an alias: ${bare.join()}`);
  }
  return Object.values(ExpressionAttributeNames);
}
