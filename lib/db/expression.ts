/** Conditions and updates as DynamoDB's expressions. */

export interface Key {
  id: string;
  item: string;
}

/** What must hold of the stored item for a write to be applied. */
export interface Condition {
  /** There is no item with that key. */
  absent?: true;
  equal?: Record<string, unknown>;
  greater?: Record<string, number>;
  atMost?: Record<string, number>;
  /** The item has all of these attributes. */
  present?: readonly string[];
  /** The item has none of these attributes. */
  missing?: readonly string[];
  /** At least one of these holds as well. */
  anyOf?: readonly Condition[];
}

export interface Update {
  key: Key;
  /**
   * Creates the item if there is none, whatever the condition. Without this, an update of a missing
   * item is not applied: it never creates a ghost.
   */
  orAbsent?: true;
  set?: Record<string, unknown>;
  add?: Record<string, number>;
  remove?: readonly string[];
  condition?: Condition;
}

export function updateParameters(update: Update) {
  const expression = new Expression();
  const condition = [expression.exists(), ...expression.condition(update.condition ?? {})];
  return {
    Key: { ...update.key },
    UpdateExpression: expression.update(update),
    ConditionExpression:
      (update.orAbsent ? `NOT ${expression.exists()} OR ` : '') + condition.join(' AND '),
    ...expression.attributes(),
  };
}

export function conditionParameters(condition: Condition | undefined) {
  if (!condition) return {};
  const expression = new Expression();
  return {
    ConditionExpression: expression.condition(condition).join(' AND '),
    ...expression.attributes(),
  };
}

/** Aliases all names, as many are reserved words. Values never become part of an expression. */
class Expression {
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, unknown> = {};

  name(attribute: string): string {
    this.#names[`#${attribute}`] = attribute;
    return `#${attribute}`;
  }

  value(value: unknown): string {
    const alias = `:v${String(Object.keys(this.#values).length)}`;
    this.#values[alias] = value;
    return alias;
  }

  condition({ absent, present = [], missing = [], anyOf, ...compared }: Condition): string[] {
    const { equal = {}, greater = {}, atMost = {} } = compared;
    return [
      ...(absent ? [`attribute_not_exists(${this.name('id')})`] : []),
      ...this.#each(equal, '='),
      ...this.#each(greater, '>'),
      ...this.#each(atMost, '<='),
      ...present.map((key) => `attribute_exists(${this.name(key)})`),
      ...missing.map((key) => `attribute_not_exists(${this.name(key)})`),
      ...(anyOf
        ? [`(${anyOf.map((each) => this.condition(each).join(' AND ')).join(' OR ')})`]
        : []),
    ];
  }

  update({ set = {}, add = {}, remove = [] }: Update): string {
    const added = Object.entries(add).map(([key, by]) => `${this.name(key)} ${this.value(by)}`);
    const removed = remove.map((key) => this.name(key));
    return Object.entries({ SET: this.#each(set, '='), ADD: added, REMOVE: removed })
      .filter(([, actions]) => actions.length > 0)
      .map(([verb, actions]) => `${verb} ${actions.join(', ')}`)
      .join(' ');
  }

  exists(): string {
    return `attribute_exists(${this.name('id')})`;
  }

  attributes() {
    return {
      ExpressionAttributeNames: this.#names,
      // DynamoDB refuses an empty map here.
      ...(Object.keys(this.#values).length > 0 && { ExpressionAttributeValues: this.#values }),
    };
  }

  #each(operands: Record<string, unknown>, operator: string): string[] {
    return Object.entries(operands).map(
      ([key, operand]) => `${this.name(key)} ${operator} ${this.value(operand)}`,
    );
  }
}
