/** The part of a client's address that nobody can guess: 256 random bits, of which the plain SHA-256 is kept. */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { utf8 } from "../../kernel/bytes.ts";
import { Sensitive } from "../../kernel/sensitive.ts";

const RANDOM_BYTES = 32;

export function addressCode(): Sensitive<string> {
  return new Sensitive(randomBytes(RANDOM_BYTES).toString("base64url"));
}

export function hashOfCode(code: Sensitive<string>): string {
  return hash("sha256", code.reveal(), "hex");
}

/** In a time that does not depend on how much of it is right. */
export function isCode(code: Sensitive<string>, kept: string): boolean {
  return timingSafeEqual(utf8(hashOfCode(code)), utf8(kept));
}
