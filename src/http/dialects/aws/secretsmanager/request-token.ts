/** `ClientRequestToken`, which the clients make up, and which becomes the id of a version. */
import { Refusal } from "../../../../kernel/errors.ts";
import { MAX_VERSION_ID_CHARS, MIN_VERSION_ID_CHARS } from "../../../../secrets/version.ts";
import type { Members, TextBounds } from "../members.ts";

/** AWS's lengths; visible characters of ASCII, since it stands in names and records from then on. */
export const VERSION_ID: TextBounds = {
  min: MIN_VERSION_ID_CHARS,
  max: MAX_VERSION_ID_CHARS,
  pattern: /^[\x21-\x7e]*$/,
};

/** Only a program that speaks the protocol by itself leaves it out: AWS's clients fill it in. */
export function requestTokenIn(members: Members): string {
  const token = requestTokenOrNothing(members);
  if (token !== undefined) return token;
  const sentence = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";
  throw new Refusal("invalid_request", sentence, { reason: "no-request-token" });
}

export function requestTokenOrNothing(members: Members): string | undefined {
  return members.textOrNothing("ClientRequestToken", VERSION_ID);
}
