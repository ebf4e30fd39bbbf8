/**
 * From what was typed to what is meant: resolves fields, reads values as their field's kind, and refuses what
 * cannot be answered, with its column. How values compare:
 *
 * | written      | on a text field                        | on a sentence (message, reasonForFailure) |
 * |--------------|----------------------------------------|--------------------------------------------|
 * | `f:v`        | begins with v, any case                | contains v, any case                       |
 * | `f:"v"`      | is v, any case                         | contains v, any case                       |
 * | `f:=v`       | begins with v, exact case              | begins with v, exact case                  |
 * | `f:==v`      | is v, any case                         | is v, any case                             |
 * | `f:===v`     | is v, exact case                       | is v, exact case                           |
 * | `f:a*b?`     | the whole value matches, any case      | a part of it matches, any case             |
 * | `f:/re/`     | the whole value matches, any case      | the same                                   |
 * | `f:[a TO b]` | between, by code points, any case      | the same                                   |
 *
 * With `:=` and `:===` wildcards and regular expressions are of exact case too. Quotation marks mean the exact
 * value, because whoever writes `target.name:"db-prod"` does not want `db-prod-2`; add `*` outside of quotes for a
 * beginning. Numbers compare as numbers, times as spans (`eventTime:2026-11-21` is that day). A path of
 * requestData or responseData is a text field, except that a bare number compares as a number.
 * Words without a field match anywhere in an event: in its texts, as the name of a field, or as its reason code.
 */
import type { Millis } from "../kernel/clock.ts";
import type { Operator, Query, Value } from "./ast.ts";
import { ACTION, EVENT_FIELDS, ID, isOfEachEvent, REASON_CODE, resolveField } from "./fields.ts";
import type { Field } from "./fields.ts";
import { fold } from "./fold.ts";
import { parseQuery } from "./parser.ts";
import { MAX_PATTERN_STATES } from "./pattern-matcher.ts";
import { all, any, NUMBER_TEXT } from "./plan.ts";
import type { Plan, TextTest } from "./plan.ts";
import { cleaned } from "./projection.ts";
import { queryError } from "./query-error.ts";
import { flagOf, numberRangeOf, timeRangeOf } from "./scalar-value.ts";
import { containsTest, textTestOf } from "./text-value.ts";
import { compileTextTest, testStates } from "./text-test.ts";
import { noVocabulary } from "./vocabulary.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What a query means depends on when it is asked, and on the names its asker may use. */
export interface PlanContext {
  readonly now: Millis;
  readonly vocabulary?: Vocabulary;
}

/** Names that stand in every event's text: a word that is one of them matches every event. */
const EVENT_NAMES = new Set([
  ...EVENT_FIELDS.flatMap((field) => fold(field.name).split(".")),
  "requestdata",
  "responsedata",
]);

/** The plan of a query; Refusal `invalid_request` with `details.column` when it is not one. */
export function planQuery(query: string, context: PlanContext): Plan {
  const typed = cleaned(query);
  return new Planner(typed, context).plan(parseQuery(typed));
}

class Planner {
  readonly #query: string;
  readonly #now: Millis;
  readonly #vocabulary: Vocabulary;
  #states = 0;

  constructor(query: string, context: PlanContext) {
    this.#query = query;
    this.#now = context.now;
    this.#vocabulary = context.vocabulary ?? noVocabulary;
  }

  plan(query: Query): Plan {
    switch (query.kind) {
      case "and":
        return all(distinct(query.of).map((part) => this.plan(part)));
      case "or":
        return any(distinct(query.of).map((part) => this.plan(part)));
      case "not":
        return { kind: "not", of: this.plan(query.of) };
      case "field":
        return this.#affordable(this.#field(query), query.value);
      case "anywhere":
        return this.#affordable(this.#anywhere(query.value), query.value);
      case "everything":
      default:
        return query;
    }
  }

  /** A plan runs on every event that anybody's tail looks at, so what one query may cost has a limit. */
  #affordable(plan: Plan, { at }: Value): Plan {
    this.#states += patternStates(plan);
    if (this.#states <= MAX_PATTERN_STATES) return plan;
    throw this.#error(
      at,
      "From here on, the wildcards and regular expressions of this query are too much work together",
    );
  }

  #field({ field, operator, value }: Extract<Query, { kind: "field" }>): Plan {
    if (fold(field.name) === "_exists_") return this.#exists(value);
    const named = this.#named(field.name, { operator, value });
    const resolved = resolveField(field.name);
    switch (resolved.kind) {
      case "field": {
        const plan = this.#compare(resolved.field, { operator, value });
        return named === undefined || isOfEachEvent(resolved.field) ? plan : any([plan, named]);
      }
      case "path":
        return named ?? this.#path(resolved.path, { operator, value });
      case "object":
        if (value.kind === "present") return presentBelow(resolved.name, resolved.fields);
        throw this.#error(
          field.at,
          `${resolved.name} is an object: name a field in it, as in ${resolved.fields[0]?.name ?? `${resolved.name}.id`}:…`,
        );
      case "misspelt":
      default:
        if (named !== undefined) return named;
        throw queryError(
          { query: this.#query, at: field.at },
          `There is no field ${field.name}: did you mean ${resolved.suggestion}?`,
          resolved.suggestion,
        );
    }
  }

  /** What the audit catalogue makes of it: events of the operations that others call by this name. */
  #named(name: string, { operator, value }: Comparison): Plan | undefined {
    const folded = fold(name);
    if (this.#vocabulary.operationsFor(folded, () => false) === undefined) return undefined;
    const test = this.#textTest({ operator, value });
    const matches = test === undefined ? () => true : compileTextTest(test);
    const names = this.#vocabulary.operationsFor(folded, (written) =>
      matches(test?.exactCase === true ? written : fold(written)),
    );
    const isAction = resolveField(name).kind === "field" && folded === fold(ACTION.name);
    if (isAction && test === undefined) return undefined;
    return { kind: "operations", names: names ?? [] };
  }

  #compare(field: Field, { operator, value }: Comparison): Plan {
    if (value.kind === "present") return { kind: "present", field };
    switch (field.kind) {
      case "number":
        return { kind: "number", field, range: numberRangeOf(this.#query, { field, value }) };
      case "time": {
        const { query, now } = { query: this.#query, now: this.#now };
        return { kind: "number", field, range: timeRangeOf(query, { field, value, now }) };
      }
      case "flag":
        return { kind: "flag", field, value: flagOf(this.#query, { field, value }) };
      case "prose":
        if (operator === "match" && value.kind !== "regex" && value.kind !== "range") {
          return { kind: "text", field, test: containsTest(value) };
        }
        break;
      case "text":
      default:
    }
    const test = this.#textTest({ operator, value });
    return test === undefined ? { kind: "present", field } : { kind: "text", field, test };
  }

  #path(path: string, { operator, value }: Comparison): Plan {
    if (value.kind === "present") return { kind: "path-present", path };
    const test = this.#textTest({ operator, value });
    if (test === undefined) return { kind: "path-present", path };
    const isNumber = value.kind === "word" && operator === "match" && NUMBER_TEXT.test(value.text);
    if (isNumber) {
      const limit = { value: Number(value.text), inclusive: true };
      return { kind: "path-number", path, range: { min: limit, max: limit } };
    }
    if (value.kind === "range") {
      const ends = [value.min, value.max].filter((end) => end !== undefined);
      if (ends.length > 0 && ends.every((end) => NUMBER_TEXT.test(end.text))) {
        const field = { name: path, kind: "number", column: "" } as const;
        return { kind: "path-number", path, range: numberRangeOf(this.#query, { field, value }) };
      }
    }
    return { kind: "path-text", path, test };
  }

  #exists(value: Value): Plan {
    if (value.kind !== "word" && value.kind !== "phrase") {
      throw this.#error(value.at, "_exists_ takes the name of a field");
    }
    const resolved = resolveField(value.text);
    switch (resolved.kind) {
      case "field":
        return { kind: "present", field: resolved.field };
      case "object":
        return presentBelow(resolved.name, resolved.fields);
      case "path":
        return { kind: "path-present", path: resolved.path };
      case "misspelt":
      default:
        throw queryError(
          { query: this.#query, at: value.at },
          `There is no field ${value.text}: did you mean ${resolved.suggestion}?`,
          resolved.suggestion,
        );
    }
  }

  #anywhere(value: Value): Plan {
    const test = containsTest(value);
    if (test.kind !== "contains") return { kind: "anywhere", test };
    if (test.text === "") throw this.#error(value.at, "There is nothing to search for here");
    if (EVENT_NAMES.has(test.text)) return { kind: "everything" };
    const found: Plan[] = [{ kind: "anywhere", test }];
    // An id holds nothing but these characters; other words need not be looked for in it.
    if (/^[0-9a-f-]+$/.test(test.text)) found.push({ kind: "text", field: ID, test });
    if (/^[1-9][0-9]{2}$/.test(test.text)) {
      const limit = { value: Number(test.text), inclusive: true };
      found.push({ kind: "number", field: REASON_CODE, range: { min: limit, max: limit } });
    }
    return any(found);
  }

  #textTest({ operator, value }: Comparison): TextTest | undefined {
    return textTestOf(this.#query, { operator, value, now: this.#now });
  }

  #error(at: number, message: string): Error {
    return queryError({ query: this.#query, at }, message);
  }
}

/** The parts without those that say again, anywhere in the query, what one before them says. */
function distinct(parts: readonly Query[]): readonly Query[] {
  const said = new Map<string, Query>();
  for (const part of parts) {
    const meaning = JSON.stringify(part, (key, value: unknown) =>
      key === "at" ? undefined : value,
    );
    if (!said.has(meaning)) said.set(meaning, part);
  }
  return [...said.values()];
}

/** States of the patterns that a plan matches with. */
function patternStates(plan: Plan): number {
  switch (plan.kind) {
    case "and":
    case "or":
      return plan.of.reduce((sum, part) => sum + patternStates(part), 0);
    case "not":
      return patternStates(plan.of);
    case "text":
    case "path-text":
    case "anywhere":
      return testStates(plan.test);
    case "everything":
    case "nothing":
    case "number":
    case "flag":
    case "present":
    case "path-number":
    case "path-present":
    case "operations":
    default:
      return 0;
  }
}

interface Comparison {
  readonly operator: Operator;
  readonly value: Value;
}

function presentBelow(name: string, fields: readonly Field[]): Plan {
  return any([
    ...fields.map((field): Plan => ({ kind: "present", field })),
    { kind: "path-present", path: name },
  ]);
}
