/** Whoever signs certificates and revocation lists, and what the two have in common: times, and who issued them. */
import type { KeyObject } from "node:crypto";
import type { Millis } from "../kernel/clock.ts";
import { contextPlain, element, sequence, TAG } from "./der.ts";
import { OID, type Extension } from "./extensions.ts";

export interface Issuer {
  /** Private. */
  readonly key: KeyObject;
  /** Its subject, a Name in DER, byte for byte as in its own certificate. */
  readonly name: Uint8Array;
  /** The subject key identifier of its own certificate. */
  readonly keyId: Uint8Array;
}

/** Whole seconds. UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280, section 4.1.2.5). */
export function time(at: Millis): Uint8Array {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const isLate = digits >= "2050";
  const text = Buffer.from(isLate ? digits : digits.slice(2));
  return element(isLate ? TAG.generalizedTime : TAG.utcTime, text);
}

/** By the identifier of the issuer's key (RFC 5280, section 4.2.1.1). */
export function authorityKeyIdExtension({ keyId }: Issuer): Extension {
  const value = sequence(element(contextPlain(0), keyId));
  return { oid: OID.authorityKeyId, isCritical: false, value };
}
