/**
 * Conditions: when a statement is in force, by what is known of a request under condition keys (AWS IAM, "IAM JSON policy
 * elements: Condition operators"). All of them have to hold; of the values of one, any.
 */
import { asObject, type Place } from "./elements.ts";
import { comparisonOf, isOperator, type Comparison } from "./operators.ts";
import type { KeyValues } from "./pattern.ts";

export interface Condition {
  /** In lower case: keys are the same in any. */
  readonly key: string;
  readonly operator: string;
  readonly ifExists: boolean;
  /** Of keys with several values: whether each, or any one of them, has to pass. */
  readonly set: "all" | "any" | null;
  readonly values: readonly string[];
  readonly comparisons: readonly Comparison[];
  /** `StringNotEquals` and the like: none of the values may fit. */
  readonly isNegated: boolean;
}

/** Conditions of a statement together. */
export const MAX_CONDITIONS = 100;
export const MAX_CONDITION_VALUES = 500;
const KEY = /^[A-Za-z0-9-]{1,64}:[^*]{1,256}$/;
const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]{1,32}?)(IfExists)?$/;

export interface ConditionReading {
  readonly place: Place;
  readonly hasVariables: boolean;
}

export function conditionsIn(value: unknown, reading: ConditionReading): readonly Condition[] {
  const { place } = reading;
  const at = { ...place, at: `${place.at}: "Condition"` };
  const conditions = Object.entries(asObject(value, at)).flatMap(([name, tests]) =>
    Object.entries(asObject(tests, at)).map(([key, values]) =>
      conditionIn({ name, key, values }, { ...reading, place: at }),
    ),
  );
  if (conditions.length > MAX_CONDITIONS) {
    throw place.malformed(`${at.at} has at most ${MAX_CONDITIONS} keys.`);
  }
  return conditions;
}

function conditionIn(
  { name, key, values: given }: { name: string; key: string; values: unknown },
  { place, hasVariables }: ConditionReading,
): Condition {
  const [, set, operator = "", ifExists] = OPERATOR.exec(name) ?? [];
  const isNull = operator === "Null";
  if (!isOperator(operator) || (isNull && (ifExists !== undefined || set !== undefined))) {
    throw place.malformed(`${place.at} has an operator that there is not.`);
  }
  if (!KEY.test(key)) throw place.malformed(`${place.at} has a key of no form that one has.`);
  const values = valuesIn(given, place);
  const comparisons = values.map((value) => {
    const comparison = comparisonOf(operator, value, hasVariables);
    if (comparison) return comparison;
    throw place.malformed(`${place.at} has a value that its operator does not compare with.`);
  });
  return {
    key: key.toLowerCase(),
    operator,
    ifExists: ifExists !== undefined,
    set: set === undefined ? null : set === "ForAllValues" ? "all" : "any",
    values,
    comparisons,
    isNegated: /Not/.test(operator),
  };
}

function valuesIn(given: unknown, place: Place): readonly string[] {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (all.length === 0 || all.length > MAX_CONDITION_VALUES) {
    throw place.malformed(`${place.at} has 1 to ${MAX_CONDITION_VALUES} values for each key.`);
  }
  return all.map((value) => {
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    throw place.malformed(`${place.at} compares with texts, numbers, true and false.`);
  });
}

export function isMet(condition: Condition, keys: KeyValues): boolean {
  const said = keys(condition.key);
  const { operator, ifExists, set, isNegated, comparisons } = condition;
  if (operator === "Null") {
    return comparisons.some((comparison) => comparison(String(said === undefined), keys));
  }
  if (said === undefined || (set !== null && said.length === 0)) {
    // What is not there differs from everything; and of no values, each one is whatever is asked.
    return set === "all" || ifExists || (set === null && isNegated);
  }
  const passes = (value: string): boolean =>
    comparisons.some((comparison) => comparison(value, keys)) !== isNegated;
  const isEach = set === "all" || (set === null && isNegated);
  return isEach ? said.every(passes) : said.some(passes);
}
