/** Entity tags: a new one at every change, so that an update can name the state it was made against. */
import { randomBytes } from "node:crypto";
import { toHex } from "../kernel/bytes.ts";
import { Refusal } from "../kernel/errors.ts";

/** What a client sends in the place of a tag that does not mind which state it changes (RFC 9110, section 13.1.1). */
export const ANY_ENTITY_TAG = "*";

/** In the form IBM's IAM gives: a revision mark, a dash, 32 hexadecimal digits. Nothing can be read from it. */
export function newEntityTag(): string {
  return `1-${toHex(randomBytes(16))}`;
}

/** Refuses a change that was made against another state than the one there is. */
export function assertEntityTag(
  { entityTag }: { readonly entityTag: string },
  ifMatch: string,
): void {
  if (ifMatch === ANY_ENTITY_TAG || ifMatch === entityTag) return;
  const sentence = "It has been changed since it was read: read it again, then change it.";
  throw new Refusal("precondition_failed", sentence, { entityTag });
}
