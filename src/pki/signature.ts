/** Signatures of others: which algorithm made one, by its name, and whether a key did (RFC 5280, section 4.1.1). */
import { constants, verify, type KeyObject } from "node:crypto";
import {
  contentOf,
  context,
  NotDer,
  readBitString,
  readElement,
  readOid,
  readSmallInteger,
  TAG,
  within,
  type Element,
} from "./der.ts";

interface Algorithm {
  /** As Go names it, and IBM with it. */
  readonly name: string;
  /** Of the key that signs with it. */
  readonly key: "rsa" | "ec" | "ed25519";
  /** Undefined where the algorithm has its own. */
  readonly hash?: "sha1" | "sha256" | "sha384" | "sha512";
}

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  "1.2.840.113549.1.1.5": { name: "SHA1-RSA", key: "rsa", hash: "sha1" },
  "1.2.840.113549.1.1.11": { name: "SHA256-RSA", key: "rsa", hash: "sha256" },
  "1.2.840.113549.1.1.12": { name: "SHA384-RSA", key: "rsa", hash: "sha384" },
  "1.2.840.113549.1.1.13": { name: "SHA512-RSA", key: "rsa", hash: "sha512" },
  "1.2.840.10045.4.1": { name: "ECDSA-SHA1", key: "ec", hash: "sha1" },
  "1.2.840.10045.4.3.2": { name: "ECDSA-SHA256", key: "ec", hash: "sha256" },
  "1.2.840.10045.4.3.3": { name: "ECDSA-SHA384", key: "ec", hash: "sha384" },
  "1.2.840.10045.4.3.4": { name: "ECDSA-SHA512", key: "ec", hash: "sha512" },
  "1.3.101.112": { name: "Ed25519", key: "ed25519" },
};

const RSA_PSS = "1.2.840.113549.1.1.10";
const PSS_ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  "2.16.840.1.101.3.4.2.1": { name: "SHA256-RSAPSS", key: "rsa", hash: "sha256" },
  "2.16.840.1.101.3.4.2.2": { name: "SHA384-RSAPSS", key: "rsa", hash: "sha384" },
  "2.16.840.1.101.3.4.2.3": { name: "SHA512-RSAPSS", key: "rsa", hash: "sha512" },
};
const MGF1 = "1.2.840.113549.1.1.8";
/** RFC 4055, section 3.1: where nothing else is said. */
const USUAL_SALT_BYTES = 20;
const NULL_TAG = 0x05;

/** An AlgorithmIdentifier's algorithm by its name: `SHA256-RSA`, `ECDSA-SHA256`; by its OID where it is not known. */
export function signingAlgorithmName(algorithm: Element | undefined): string {
  const { type, parameters } = readIdentifier(algorithm);
  return algorithmOf(type, parameters)?.name ?? type;
}

/** Whether a certificate or a request, in DER, was signed by the key. SHA-1 vouches for nothing. Throws `NotDer`. */
export function isSignedBy(whole: Uint8Array, publicKey: KeyObject): boolean {
  const [toBeSigned, identifier, bits, ...rest] = within(readElement(whole), TAG.sequence);
  if (rest.length > 0) throw new NotDer("more than what is signed, and the signature");
  const { type, parameters } = readIdentifier(identifier);
  const algorithm = algorithmOf(type, parameters);
  if (!toBeSigned || !algorithm || algorithm.hash === "sha1") return false;
  if (algorithm.key !== publicKey.asymmetricKeyType) return false;
  const saltLength = type === RSA_PSS ? saltLengthIn(parameters) : nothingIn(parameters);
  const padding =
    saltLength === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  const signature = readBitString(bits);
  try {
    const key = { key: publicKey, ...padding };
    return verify(algorithm.hash ?? null, toBeSigned.bytes, key, signature);
  } catch {
    return false;
  }
}

interface Identifier {
  readonly type: string;
  readonly parameters: Element | undefined;
}

function readIdentifier(algorithm: Element | undefined): Identifier {
  const [type, parameters, ...rest] = within(algorithm, TAG.sequence);
  if (rest.length > 0) throw new NotDer("more than an algorithm with its parameters");
  return { type: readOid(type), parameters };
}

function algorithmOf(type: string, parameters: Element | undefined): Algorithm | undefined {
  if (type !== RSA_PSS) return ALGORITHMS[type];
  const hash = within(parameters, TAG.sequence).find(({ tag }) => tag === context(0));
  // Without it the hash is SHA-1 (RFC 4055, section 3.1).
  if (!hash) return { name: "SHA1-RSAPSS", key: "rsa", hash: "sha1" };
  return PSS_ALGORITHMS[readHash(within(hash, context(0)))];
}

/** RFC 4055, section 3.1. One hash throughout: what signs with two is nobody's. */
function saltLengthIn(parameters: Element | undefined): number {
  const [hash, mask, ...rest] = within(parameters, TAG.sequence);
  const [generator, ...others] = within(mask, context(1));
  const { type, parameters: maskHash } = readIdentifier(generator);
  const isOneHash =
    others.length === 0 &&
    type === MGF1 &&
    readHash(maskHash ? [maskHash] : []) === readHash(within(hash, context(0)));
  if (!isOneHash) throw new NotDer("another mask than the hash makes");
  const [salt, ...more] = rest[0]?.tag === context(2) ? rest : [undefined, ...rest];
  // The trailer field has one value, and that is what it is where it is left out.
  if (more.length > 0) throw new NotDer("more than the parameters of RSA-PSS");
  if (!salt) return USUAL_SALT_BYTES;
  const [length, ...tail] = within(salt, context(2));
  if (tail.length > 0) throw new NotDer("more than the length of a salt");
  return readSmallInteger(length);
}

function readHash([identifier, ...rest]: readonly Element[]): string {
  const { type, parameters } = readIdentifier(identifier);
  if (rest.length > 0) throw new NotDer("more than a hash");
  nothingIn(parameters);
  return type;
}

/** Left out, or said to be nothing. */
function nothingIn(parameters: Element | undefined): undefined {
  if (parameters && contentOf(parameters, NULL_TAG).length > 0) throw new NotDer("no parameters");
}
