/** Signatures of others: which algorithm made one, by its name, and whether a key did (RFC 5280, section 4.1.1). */
import { constants, verify, type KeyObject } from "node:crypto";
import { context, readBitString, readElement, readOid, TAG, within, type Element } from "./der.ts";

interface Algorithm {
  /** As Go names it, and IBM with it. */
  readonly name: string;
  /** Undefined where the algorithm has its own. */
  readonly hash?: "sha1" | "sha256" | "sha384" | "sha512";
}

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  "1.2.840.113549.1.1.5": { name: "SHA1-RSA", hash: "sha1" },
  "1.2.840.113549.1.1.11": { name: "SHA256-RSA", hash: "sha256" },
  "1.2.840.113549.1.1.12": { name: "SHA384-RSA", hash: "sha384" },
  "1.2.840.113549.1.1.13": { name: "SHA512-RSA", hash: "sha512" },
  "1.2.840.10045.4.1": { name: "ECDSA-SHA1", hash: "sha1" },
  "1.2.840.10045.4.3.2": { name: "ECDSA-SHA256", hash: "sha256" },
  "1.2.840.10045.4.3.3": { name: "ECDSA-SHA384", hash: "sha384" },
  "1.2.840.10045.4.3.4": { name: "ECDSA-SHA512", hash: "sha512" },
  "1.3.101.112": { name: "Ed25519" },
};

const RSA_PSS = "1.2.840.113549.1.1.10";
const PSS_ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  "2.16.840.1.101.3.4.2.1": { name: "SHA256-RSAPSS", hash: "sha256" },
  "2.16.840.1.101.3.4.2.2": { name: "SHA384-RSAPSS", hash: "sha384" },
  "2.16.840.1.101.3.4.2.3": { name: "SHA512-RSAPSS", hash: "sha512" },
};

/** An AlgorithmIdentifier's algorithm by its name: `SHA256-RSA`, `ECDSA-SHA256`; by its OID where it is not known. */
export function signingAlgorithmName(algorithm: Element | undefined): string {
  return readAlgorithm(algorithm)?.name ?? readOid(within(algorithm, TAG.sequence)[0]);
}

/** Whether a certificate or a request, in DER, was signed by the key. SHA-1 vouches for nothing. Throws `NotDer`. */
export function isSignedBy(whole: Uint8Array, publicKey: KeyObject): boolean {
  const [toBeSigned, identifier, bits] = within(readElement(whole), TAG.sequence);
  const algorithm = readAlgorithm(identifier);
  if (!toBeSigned || !algorithm || algorithm.hash === "sha1") return false;
  const padding = algorithm.name.endsWith("PSS")
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
    : {};
  try {
    const key = { key: publicKey, ...padding };
    return verify(algorithm.hash ?? null, toBeSigned.bytes, key, readBitString(bits));
  } catch {
    return false;
  }
}

function readAlgorithm(algorithm: Element | undefined): Algorithm | undefined {
  const [type, parameters] = within(algorithm, TAG.sequence);
  const dotted = readOid(type);
  if (dotted !== RSA_PSS) return ALGORITHMS[dotted];
  const hash = within(parameters, TAG.sequence).find(({ tag }) => tag === context(0));
  // Without it the hash is SHA-1 (RFC 4055, section 3.1).
  if (!hash) return { name: "SHA1-RSAPSS", hash: "sha1" };
  const [identifier] = within(hash, context(0));
  return PSS_ALGORITHMS[readOid(within(identifier, TAG.sequence)[0])];
}
