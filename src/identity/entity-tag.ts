/** Entity tags: a new one at every change, so that an update can name the state it was made against. */
import { randomBytes } from "node:crypto";
import { toHex } from "../kernel/bytes.ts";

/** In the form IBM's IAM gives: a revision mark, a dash, 32 hexadecimal digits. Nothing can be read from it. */
export function newEntityTag(): string {
  return `1-${toHex(randomBytes(16))}`;
}
