/** Headers that mean something on this wire: `If-Match`, `Entity-Lock`, `Entity-Disable`, `IAM-ApiKey`. */
import type { FastifyRequest } from "fastify";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";

/** The entity tag that a change was made against, or `*`; quoted as RFC 9110 has it, or bare as IBM's clients send it. */
export function ifMatchOf({ headers }: FastifyRequest): string {
  const given = headers["if-match"]?.trim() ?? "";
  if (given === "") {
    const sentence = "The header If-Match is missing: the entity tag that was read, or *.";
    throw new Refusal("invalid_request", sentence, { field: "If-Match" });
  }
  return given.replace(/^"(.*)"$/, "$1");
}

export function flagHeader(
  { headers }: FastifyRequest,
  name: "Entity-Lock" | "Entity-Disable",
): boolean {
  const given = headers[name.toLowerCase()];
  if (given === undefined || given === "") return false;
  if (given === "true" || given === "false") return given === "true";
  throw new Refusal("invalid_request", `The header ${name} is true or false.`, { field: name });
}

/** The value of the API key that is asked about. */
export function offeredKey({ headers }: FastifyRequest): Sensitive<string> {
  const given = headers["iam-apikey"];
  if (typeof given === "string" && given !== "") return new Sensitive(given);
  const sentence =
    "The header IAM-ApiKey is missing: the value of the API key that is asked about.";
  throw new Refusal("invalid_request", sentence, { field: "IAM-ApiKey" });
}
