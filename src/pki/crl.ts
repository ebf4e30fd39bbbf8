/** Certificate revocation lists (RFC 5280, section 5). */
import type { Millis } from "../kernel/clock.ts";
import { context, element, integer, sequence } from "./der.ts";
import { encodeExtensions } from "./extensions.ts";
import { authorityKeyIdExtension, type Issuer } from "./issuer.ts";
import { algorithmOf, signed } from "./sign.ts";
import { time } from "./time.ts";

export interface RevokedEntry {
  /** Hexadecimal digits. */
  readonly serialNumber: string;
  readonly revokedAt: Millis;
}

export interface RevocationList {
  /** Larger than that of every list before it (section 5.2.3). */
  readonly number: bigint;
  readonly thisUpdate: Millis;
  readonly nextUpdate: Millis;
  readonly revoked: readonly RevokedEntry[];
}

/** Entries written at a time, a few milliseconds of them: whoever else waits for the event loop is let in between. */
const ENTRIES_PER_TURN = 500;
const CRL_NUMBER = "2.5.29.20";
const VERSION_2 = 1;

/** Signs a list: DER. It is written in turns of the event loop, and the signature is made in another thread. */
export async function signRevocationList(
  list: RevocationList,
  issuer: Issuer,
): Promise<Uint8Array> {
  const entries = await entriesOf(list.revoked);
  const number = { oid: CRL_NUMBER, isCritical: false, value: integer(bytesOf(list.number)) };
  const toBeSigned = sequence(
    integer(VERSION_2),
    algorithmOf(issuer.key),
    issuer.name,
    time(list.thisUpdate),
    time(list.nextUpdate),
    // An empty list has none at all (section 5.1.2.6).
    ...(entries.length > 0 ? [sequence(entries)] : []),
    element(context(0), encodeExtensions([authorityKeyIdExtension(issuer), number])),
  );
  return signed(toBeSigned, issuer.key);
}

/** One after another. */
async function entriesOf(revoked: readonly RevokedEntry[]): Promise<Uint8Array> {
  const turns: Uint8Array[] = [];
  for (let at = 0; at < revoked.length; at += ENTRIES_PER_TURN) {
    if (at > 0) await new Promise((resolve) => setImmediate(resolve));
    turns.push(Buffer.concat(revoked.slice(at, at + ENTRIES_PER_TURN).map(entryOf)));
  }
  return Buffer.concat(turns);
}

function entryOf({ serialNumber, revokedAt }: RevokedEntry): Uint8Array {
  return sequence(integer(Buffer.from(serialNumber, "hex")), time(revokedAt));
}

function bytesOf(number: bigint): Uint8Array {
  const digits = number.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
}
