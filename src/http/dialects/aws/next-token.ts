/** `NextToken`: where a list goes on. Opaque to clients, and good only with the request that it came from. */
import { hash } from "node:crypto";
import { Refusal } from "../../../kernel/errors.ts";
import type { Members } from "./members.ts";

export const MAX_NEXT_TOKEN_CHARS = 4_096;

/** What else of the request has to be the same: whatever decides what is in the list, and in which order. */
export type Bound = readonly unknown[];

/** The position has to be plain JSON, and nothing secret: whoever has the token can read it. */
export function nextToken(position: unknown, bound: Bound): string {
  return Buffer.from(JSON.stringify([digestOf(bound), position])).toString("base64url");
}

/** Undefined at the beginning of a list. What comes out is of the client's making: its shape is checked by `read`. */
export function positionIn<Position>(
  members: Members,
  bound: Bound,
  read: (position: unknown) => Position | undefined,
): Position | undefined {
  const token = members.textOrNothing("NextToken", { min: 1, max: MAX_NEXT_TOKEN_CHARS });
  if (token === undefined) return undefined;
  const position = read(opened(token, bound));
  if (position === undefined) throw invalid();
  return position;
}

function opened(token: string, bound: Bound): unknown {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    throw invalid();
  }
  if (!Array.isArray(parts) || parts.length !== 2 || parts[0] !== digestOf(bound)) throw invalid();
  return parts[1];
}

function digestOf(bound: Bound): string {
  // What is left out and what is undefined are the same.
  return hash("sha256", JSON.stringify(bound.map((one) => one ?? null)), "base64url").slice(0, 22);
}

function invalid(): Refusal {
  const sentence = "The NextToken value is invalid, or belongs to another request.";
  return new Refusal("invalid_request", sentence, { reason: "bad-next-token" });
}
