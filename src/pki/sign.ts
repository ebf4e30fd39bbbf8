/** Signing what is in DER: certificates, requests and lists have one form (RFC 5280, section 4.1.1). */
import type { KeyObject } from "node:crypto";
import { bitString, element, oid, sequence } from "./der.ts";
import { hashFor, signature } from "./keys.ts";

/** RFC 4055 for RSA, RFC 5758 for EC, RFC 8410 for Ed25519. */
const ALGORITHMS = {
  rsa: "1.2.840.113549.1.1.11",
  ec: {
    sha256: "1.2.840.10045.4.3.2",
    sha384: "1.2.840.10045.4.3.3",
    sha512: "1.2.840.10045.4.3.4",
  },
  ed25519: "1.3.101.112",
} as const;

const NULL = 0x05;

/** What is signed, the algorithm, and the signature, in one sequence. Signs in another thread. */
export async function signed(toBeSigned: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  return sequence(toBeSigned, algorithmOf(key), bitString(await signature(key, toBeSigned)));
}

/** The AlgorithmIdentifier that signatures by the key have, in DER. */
export function algorithmOf(key: KeyObject): Uint8Array {
  const { asymmetricKeyType: type } = key;
  if (type === "rsa") return sequence(oid(ALGORITHMS.rsa), element(NULL));
  if (type === "ec") return sequence(oid(ALGORITHMS.ec[hashFor(key) ?? "sha256"]));
  return sequence(oid(ALGORITHMS.ed25519));
}
