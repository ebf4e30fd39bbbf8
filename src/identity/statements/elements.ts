/** The elements of a policy's JSON, read one by one. Refusals name the place and never what stands there. */
import type { Refusal } from "../../kernel/errors.ts";

/** Where in a policy something stands, for whoever wrote it; and how what is wrong there is refused. */
export interface Place {
  readonly at: string;
  readonly malformed: (sentence: string) => Refusal;
}

export const MAX_VALUES = 500;

export function asObject(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw place.malformed(`${place.at} is a JSON object.`);
}

/** Refuses what it may not have. The names of JSON are as they are written: `effect` is not `Effect`. */
export function only(object: object, names: readonly string[], place: Place): void {
  if (Object.keys(object).every((name) => names.includes(name))) return;
  throw place.malformed(`${place.at} has elements that are none of ${names.join(", ")}.`);
}

/** A text, or a list of them that is not empty. */
export function textsIn(value: unknown, place: Place): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (all.length === 0) throw place.malformed(`${place.at} has a value.`);
  if (all.length > MAX_VALUES) throw place.malformed(`${place.at} has at most ${MAX_VALUES}.`);
  return all.map((one) => {
    if (typeof one === "string" && one !== "") return one;
    throw place.malformed(`${place.at} is a text, or a list of texts.`);
  });
}
