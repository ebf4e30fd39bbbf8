/** Private keys of certificates: made, read from PEM, told apart, and put to use. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import { Refusal } from "../kernel/errors.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { readBitString, readElement, TAG, within } from "./der.ts";
import { MAX_PEM_BYTES } from "./pem.ts";

export const RSA_BITS = [2_048, 3_072, 4_096, 8_192] as const;
export const EC_BITS = [224, 256, 384, 521] as const;

export type KeySpec =
  | { readonly type: "rsa"; readonly bits: (typeof RSA_BITS)[number] }
  | { readonly type: "ec"; readonly bits: (typeof EC_BITS)[number] }
  | { readonly type: "ed25519" };

const DEFAULT_BITS = { rsa: 2_048, ec: 256 } as const;

/** A key that is brought: below this it protects nothing, above it every use takes too long. */
export const MIN_RSA_BITS = 1_024;
export const MAX_RSA_BITS = 8_192;
/** RFC 8017, section 3.1: with less anybody signs. With more than this, verifying takes as long as signing does. */
const MIN_RSA_EXPONENT = 3n;
const MAX_RSA_EXPONENT = 2n ** 64n - 1n;

/** What can go by the names of OpenSSL's curves, which are the ones of SEC 2, with the hash that goes with each. */
const CURVES = {
  224: { openssl: "secp224r1", hash: "sha256" },
  256: { openssl: "prime256v1", hash: "sha256" },
  384: { openssl: "secp384r1", hash: "sha384" },
  521: { openssl: "secp521r1", hash: "sha512" },
} as const;

const generate = promisify(generateKeyPair) as (
  type: KeySpec["type"],
  options: object,
) => Promise<{ readonly privateKey: string }>;

/**
 * Left out, the type is RSA, and the size its type's usual one; Ed25519 has one size, whatever is said. Refuses every
 * other than `KeySpec` has.
 */
export function keySpecOf(type: string | undefined, bits: number | undefined): KeySpec {
  if (type === undefined || type === "rsa") {
    const found = RSA_BITS.find((one) => one === (bits ?? DEFAULT_BITS.rsa));
    if (found) return { type: "rsa", bits: found };
    throw wrongBits("An RSA", RSA_BITS);
  }
  if (type === "ec") {
    const found = EC_BITS.find((one) => one === (bits ?? DEFAULT_BITS.ec));
    if (found) return { type: "ec", bits: found };
    throw wrongBits("An EC", EC_BITS);
  }
  if (type === "ed25519") return { type };
  throw new Refusal("invalid_request", "A key is of the type rsa, ec or ed25519.", {
    field: "keyType",
  });
}

/**
 * A new private key: PKCS #8 (RFC 5208) in PEM. Takes milliseconds (EC) to many seconds (RSA with 8192 bits) of another
 * thread; the event loop goes on. Refuses with `rate_limited` when too many wait for theirs already.
 */
export async function generateKey(spec: KeySpec): Promise<Sensitive<string>> {
  const options = {
    ...sizeOf(spec),
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  };
  await turn();
  try {
    return new Sensitive((await generate(spec.type, options)).privateKey);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else generating -= 1;
  }
}

/** The threads are those that the disk and the passwords need too. */
const MAX_GENERATED_AT_ONCE = 2;
const MAX_WAITING = 64;

let generating = 0;
const waiting: (() => void)[] = [];

async function turn(): Promise<void> {
  if (generating < MAX_GENERATED_AT_ONCE) {
    generating += 1;
    return;
  }
  if (waiting.length >= MAX_WAITING) {
    throw new Refusal("rate_limited", "Too many keys are being made: try again in a moment.");
  }
  // Whoever ends hands its place on.
  await new Promise<void>((resolve) => waiting.push(resolve));
}

/**
 * Reads PKCS #8, PKCS #1 (RFC 8017) or SEC 1 (RFC 5915) in PEM. Refuses an encrypted one, one of a kind that signs no
 * certificate, and what is no key.
 */
export function readPrivateKey(pem: Sensitive<string>, field = "privateKey"): KeyObject {
  const text = pem.reveal();
  const refused = (sentence: string): Refusal =>
    new Refusal("invalid_request", sentence, { field });
  if (Buffer.byteLength(text) > MAX_PEM_BYTES) {
    throw new Refusal("too_large", `A private key has at most ${MAX_PEM_BYTES} bytes.`, { field });
  }
  if (/ENCRYPTED/.test(text)) {
    throw refused(
      "The private key is encrypted. Decrypt it first: nothing here knows its password.",
    );
  }
  const key = attempt(() => createPrivateKey({ key: text, format: "pem" }));
  if (!key) throw refused("The private key is not one in PEM: PKCS #8, PKCS #1 or SEC 1.");
  if (!isOfUse(key)) {
    throw refused(
      `The private key is RSA with ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits, EC on P-224, P-256, P-384 or P-521, or Ed25519.`,
    );
  }
  return key;
}

/** Reads a SubjectPublicKeyInfo (RFC 5280, section 4.1); undefined for what is none, or of a kind that is no use here. */
export function readPublicKey(spki: Uint8Array): KeyObject | undefined {
  const der = Buffer.from(spki);
  const key = attempt(() => createPublicKey({ key: der, format: "der", type: "spki" }));
  return key && isOfUse(key) ? key : undefined;
}

/** Of a private key, or of a public one itself. */
export function publicKeyOf(key: KeyObject): KeyObject {
  return key.type === "private" ? createPublicKey(key) : key;
}

/** SubjectPublicKeyInfo in DER. */
export function spkiOf(key: KeyObject): Uint8Array {
  return publicKeyOf(key).export({ format: "der", type: "spki" });
}

/** PKCS #8 in PEM, whatever it was read from. */
export function pemOfKey(key: KeyObject): Sensitive<string> {
  return new Sensitive(key.export({ format: "pem", type: "pkcs8" }));
}

/** The key identifier of RFC 5280, section 4.2.1.2, method (1): the bytes of a hash that is no proof of anything. */
export function keyIdOf(key: KeyObject): Uint8Array {
  const [, bits] = within(readElement(spkiOf(key)), TAG.sequence);
  return createHash("sha1").update(readBitString(bits)).digest();
}

/** In IBM's words: `RSA2048`, `EC256`, `ED25519`. */
export function keyAlgorithmOf(key: KeyObject): string {
  const bits = bitsOf(key);
  if (key.asymmetricKeyType === "ec") return `EC${bits ?? ""}`;
  if (key.asymmetricKeyType === "ed25519") return "ED25519";
  return `RSA${bits ?? ""}`;
}

/** The key's size in bits, of an EC key its curve's; undefined for the other kinds. */
export function bitsOf({ asymmetricKeyDetails: details }: KeyObject): number | undefined {
  const curve = EC_BITS.find((one) => CURVES[one].openssl === details?.namedCurve);
  return curve ?? details?.modulusLength;
}

/**
 * Whether a private key is the one of a public key: it signs and the other one verifies, so that a private key with
 * somebody else's public part does not pass.
 */
export async function isKeyOf(privateKey: KeyObject, publicKey: KeyObject): Promise<boolean> {
  if (!Buffer.from(spkiOf(privateKey)).equals(spkiOf(publicKey))) return false;
  const probe = Buffer.from("keytrail key check");
  try {
    return verify(
      hashFor(privateKey) ?? null,
      probe,
      publicKey,
      await signature(privateKey, probe),
    );
  } catch {
    return false;
  }
}

/** Signs with the hash that goes with the key: PKCS #1 v1.5, ECDSA in DER (RFC 3279), or Ed25519. In another thread. */
export function signature(privateKey: KeyObject, bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) =>
    sign(hashFor(privateKey) ?? null, bytes, privateKey, (error, signed) =>
      error ? reject(error) : resolve(signed),
    ),
  );
}

/** The hash that signatures by this key use; undefined where the algorithm has its own. */
export function hashFor(key: KeyObject): "sha256" | "sha384" | "sha512" | undefined {
  if (key.asymmetricKeyType === "ed25519") return undefined;
  const curve = EC_BITS.find((one) => one === bitsOf(key));
  return key.asymmetricKeyType === "ec" && curve ? CURVES[curve].hash : "sha256";
}

function sizeOf(spec: KeySpec): object {
  if (spec.type === "rsa") return { modulusLength: spec.bits, publicExponent: 65_537 };
  return spec.type === "ec" ? { namedCurve: CURVES[spec.bits].openssl } : {};
}

function isOfUse(key: KeyObject): boolean {
  const bits = bitsOf(key);
  if (key.asymmetricKeyType !== "rsa") {
    return key.asymmetricKeyType === "ed25519" || (key.asymmetricKeyType === "ec" && !!bits);
  }
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 0n;
  const isSound =
    exponent % 2n === 1n && exponent >= MIN_RSA_EXPONENT && exponent <= MAX_RSA_EXPONENT;
  return isSound && bits !== undefined && bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS;
}

function wrongBits(of: string, allowed: readonly number[]): Refusal {
  return new Refusal("invalid_request", `${of} key has ${allowed.join(", ")} bits.`, {
    field: "keyBits",
  });
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
