/**
 * Passwords that people choose: kept as argon2id (RFC 9106) in the PHC string form, each with its own salt and the
 * costs it was made with, so that the costs can rise without anyone's password changing.
 */
import { argon2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { secretsEqual, utf8 } from "../kernel/bytes.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Sensitive } from "../kernel/sensitive.ts";

/** NIST SP 800-63B, section 3.1.1.2: no shorter, and no rules about which characters. */
export const MIN_PASSWORD_CHARS = 15;
/** Bounds the work of one attempt. */
export const MAX_PASSWORD_CHARS = 256;

/** OWASP's password storage cheat sheet, for argon2id with one lane. */
const COSTS: Costs = { memoryKib: 19_456, passes: 2, lanes: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

interface Costs {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

const derive = promisify(argon2);

/** What to keep of a new password. Refuses one that is too short or too long. */
export async function keptPassword(password: Sensitive<string>): Promise<string> {
  const { length } = password.reveal();
  if (length < MIN_PASSWORD_CHARS || length > MAX_PASSWORD_CHARS) {
    const sentence = `A password has between ${MIN_PASSWORD_CHARS} and ${MAX_PASSWORD_CHARS} characters.`;
    throw new Refusal("invalid_request", sentence, { field: "password" });
  }
  const salt = randomBytes(SALT_BYTES);
  const tag = await tagOf(password, salt, COSTS);
  const costs = `m=${COSTS.memoryKib},t=${COSTS.passes},p=${COSTS.lanes}`;
  return `$argon2id$v=19$${costs}$${unpadded(salt)}$${unpadded(tag)}`;
}

/**
 * Whether the password is the one that was kept. Without one that was kept it takes as long and is false, so that
 * the time of an answer does not tell who exists.
 */
export async function isPassword(
  password: Sensitive<string>,
  kept: string | undefined,
): Promise<boolean> {
  if (password.reveal().length > MAX_PASSWORD_CHARS) return false;
  const parsed = kept === undefined ? undefined : PHC.exec(kept);
  const [, memory, passes, lanes, salt = "", tag = ""] = parsed ?? [];
  const costs = parsed
    ? { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) }
    : COSTS;
  const nonce = parsed ? Buffer.from(salt, "base64") : randomBytes(SALT_BYTES);
  const found = await tagOf(password, nonce, costs);
  return parsed !== undefined && parsed !== null && secretsEqual(found, Buffer.from(tag, "base64"));
}

/** Off the event loop; a tag of TAG_BYTES. Composed form first: two keyboards may type one letter differently. */
async function tagOf(
  password: Sensitive<string>,
  nonce: Uint8Array,
  { memoryKib, passes, lanes }: Costs,
): Promise<Uint8Array> {
  return derive("argon2id", {
    message: utf8(password.reveal().normalize("NFC")),
    nonce,
    memory: memoryKib,
    passes,
    parallelism: lanes,
    tagLength: TAG_BYTES,
  });
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
