/** Of a destination's settings, what somebody has said: all but what its kind would fill in again, alike. */
import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../kernel/errors.ts";
import { checkSink } from "./sinks.ts";

type Settings = Readonly<Record<string, unknown>>;

/**
 * What holds whatever else is changed: a default of one transport or shape is none of another, and may not be said of it.
 * A value that was said and is the default counts as not said. What no kind here takes is given back as it is.
 */
export function saidOf(settings: Settings): Settings {
  const whole = filledIn(settings);
  if (whole === undefined) return settings;
  let said = settings;
  for (const name of Object.keys(settings)) {
    const { [name]: _left, ...rest } = said;
    if (isDeepStrictEqual(filledIn(rest), whole)) said = rest;
  }
  return said;
}

function filledIn(settings: Settings): object | undefined {
  try {
    return checkSink(settings).settings;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
