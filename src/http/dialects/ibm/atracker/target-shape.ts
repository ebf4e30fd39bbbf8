/** What targets of event routing and destinations call the same things. */
import { Refusal } from "../../../../kernel/errors.ts";

/** IBM's types of targets, and the kinds of destinations that they are. */
export const COS = "cloud_object_storage";
export const CLOUD_LOGS = "cloud_logs";
export const BUCKET = "bucket";
export const ALIAS = "alias";

/** What stands for a key that there is. */
export const REDACTED_KEY = "REDACTED";

/** What this wire says of a target and nobody else does, by the names under which it is kept. */
export const SHOWN_CRN = "target_crn";
export const SHOWN_NAME = "target_name";

/** IBM's rule; of a destination's own name there is a stricter one. */
const NAME = /^[A-Za-z0-9 ._:-]{1,1000}$/;
const MAX_STORED_CHARS = 100;

/** A destination's name for a target's: the same, wherever it can be. The target's own is shown. */
export function storedName(given: string): {
  readonly name: string;
  readonly shown: Readonly<Record<string, string>>;
} {
  if (!NAME.test(given) || given.trim() !== given) {
    const sentence =
      "The name of a target has 1 to 1000 letters, digits, -, ., _, : and spaces, none of these at its ends.";
    throw new Refusal("invalid_request", sentence, { field: "name" });
  }
  const name = storedOf(given);
  return { name, shown: { [SHOWN_NAME]: name === given ? "" : given } };
}

/** As it was given here, unless it has been called something else since. */
export function shownName(stored: string, shown: Readonly<Record<string, string>>): string {
  const given = shown[SHOWN_NAME] ?? "";
  return given !== "" && storedOf(given) === stored ? given : stored;
}

function storedOf(given: string): string {
  return given.replaceAll(/[ .:]/g, "-").slice(0, MAX_STORED_CHARS);
}
