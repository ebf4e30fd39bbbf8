/** Entity tags on IBM's wires: given in `ETag`, and asked for in `If-Match` by every call that changes what has one. */
import type { FastifyRequest } from "fastify";
import { ANY_ENTITY_TAG } from "../../../identity/entity-tag.ts";
import { Refusal } from "../../../kernel/errors.ts";

/** RFC 9110, section 8.8.3; a tag may also come without its quotes, as IBM's own services give it. */
const TAG = /^(?:W\/)?"?([\w-]{1,128})"?$/;

export function entityTagHeader(entityTag: string): Readonly<Record<string, string>> {
  return { ETag: `"${entityTag}"` };
}

/** The tag of the state that the caller means to change, or `*`. Throws `invalid_request` where there is none. */
export function ifMatchIn(request: FastifyRequest): string {
  const header = request.headers["if-match"]?.trim() ?? "";
  if (header === ANY_ENTITY_TAG) return header;
  const tag = TAG.exec(header)?.[1];
  if (tag !== undefined) return tag;
  const sentence = "The header If-Match must have the entity tag of what is to be changed.";
  throw new Refusal("invalid_request", sentence, { field: "If-Match" });
}
