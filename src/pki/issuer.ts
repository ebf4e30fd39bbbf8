/** Whoever signs certificates and revocation lists, and how both say who it was. */
import type { KeyObject } from "node:crypto";
import { contextPlain, element, sequence } from "./der.ts";
import { OID, type Extension } from "./extensions.ts";

export interface Issuer {
  /** Private. */
  readonly key: KeyObject;
  /** Its subject, a Name in DER, byte for byte as in its own certificate. */
  readonly name: Uint8Array;
  /** The subject key identifier of its own certificate. */
  readonly keyId: Uint8Array;
}

/** By the identifier of the issuer's key (RFC 5280, section 4.2.1.1). */
export function authorityKeyIdExtension({ keyId }: Issuer): Extension {
  const value = sequence(element(contextPlain(0), keyId));
  return { oid: OID.authorityKeyId, isCritical: false, value };
}
