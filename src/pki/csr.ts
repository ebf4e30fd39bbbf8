/** Certificate signing requests (PKCS #10, RFC 2986): made for a key, and read from those who keep their own. */
import type { KeyObject } from "node:crypto";
import { utf8 } from "../kernel/bytes.ts";
import { Refusal } from "../kernel/errors.ts";
import { encodeAltNames, type AltName } from "./alt-names.ts";
import {
  context,
  element,
  integer,
  NotDer,
  oid,
  readElement,
  readOid,
  readSmallInteger,
  sequence,
  setOf,
  TAG,
  within,
  type Element,
} from "./der.ts";
import {
  encodeExtensions,
  OID,
  readExtensions,
  readUsage,
  type Extension,
  type ReadUsage,
} from "./extensions.ts";
import { readPublicKey, spkiOf } from "./keys.ts";
import { encodeName, readName, type Subject } from "./names.ts";
import { notPem, pemBlocks, pemOf, type Reading } from "./pem.ts";
import { isSignedBy } from "./signature.ts";
import { signed } from "./sign.ts";

export interface RequestFor {
  readonly subject: Subject;
  readonly altNames: readonly AltName[];
  /** Whose key is to be certified; it signs the request. */
  readonly key: KeyObject;
  /** What the certificate is asked to be good for. */
  readonly extensions?: readonly Extension[];
  /** PKCS #9 (RFC 2985): agreed with the authority; anybody who sees the request sees it. */
  readonly challengePassword?: string | undefined;
}

const VERSION = 0;
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7";
const MAX_CHALLENGE_CHARS = 255;

/** In PEM. Signing takes milliseconds, of another thread. */
export async function makeCsr(asked: RequestFor): Promise<string> {
  const { subject, altNames, key, extensions = [], challengePassword } = asked;
  const names: readonly Extension[] =
    altNames.length > 0
      ? [{ oid: OID.altNames, isCritical: false, value: encodeAltNames(altNames) }]
      : [];
  const all = [...names, ...extensions];
  const attributes = [
    ...(all.length > 0 ? [attribute(EXTENSION_REQUEST, encodeExtensions(all))] : []),
    ...(challengePassword === undefined ? [] : [challenge(challengePassword)]),
  ];
  const info = sequence(
    integer(VERSION),
    encodeName(subject),
    spkiOf(key),
    element(context(0), ...attributes.toSorted((one, other) => Buffer.compare(one, other))),
  );
  return pemOf("CERTIFICATE REQUEST", await signed(info, key));
}

export interface Csr extends ReadUsage {
  /** As it was given, in PEM. */
  readonly pem: string;
  readonly subject: Subject;
  readonly subjectText: string;
  /** The subject in DER. */
  readonly subjectDer: Uint8Array;
  readonly publicKey: KeyObject;
  /** All that it asks for, those included that are not looked at here. */
  readonly extensions: readonly Extension[];
}

/**
 * Reads a request in PEM and checks that whoever made it has the key. Refuses what is none, what is signed by another
 * key or with SHA-1, and a key that no certificate is made for.
 */
export function readCsr(pem: string, field = "csr"): Csr {
  const reading: Reading = { field, what: "a certificate signing request" };
  const [block, ...rest] = pemBlocks(pem, reading);
  const isRequest = block && /^(?:NEW )?CERTIFICATE REQUEST$/.test(block.label);
  if (!isRequest || rest.length > 0) throw notPem(reading);
  const read = attempt(() => readInfo(block.der), reading);
  const publicKey = readPublicKey(read.spki);
  if (!publicKey) {
    const sentence =
      "The key of the request is not RSA with 1024 to 8192 bits, EC on a NIST curve or Ed25519.";
    throw new Refusal("invalid_request", sentence, { field });
  }
  if (!attempt(() => isSignedBy(block.der, publicKey), reading)) {
    const sentence = "The request is not signed by its own key, with SHA-256 or better.";
    throw new Refusal("invalid_request", sentence, { field });
  }
  const { spki: _, ...found } = read;
  return { ...found, pem: pemOf("CERTIFICATE REQUEST", block.der), publicKey };
}

interface ReadInfo extends Omit<Csr, "pem" | "publicKey"> {
  readonly spki: Uint8Array;
}

function readInfo(der: Uint8Array): ReadInfo {
  const [info] = within(readElement(der), TAG.sequence);
  const [version, name, spki, attributes, ...rest] = within(info, TAG.sequence);
  const isRequest = readSmallInteger(version) === VERSION && rest.length === 0;
  if (!isRequest || !name || !spki) throw new NotDer("not a request");
  const { subject, text } = readName(name.bytes);
  const extensions = attributes ? requestedExtensions(attributes) : [];
  return {
    subject,
    subjectText: text,
    subjectDer: name.bytes,
    extensions,
    ...readUsage(extensions),
    spki: spki.bytes,
  };
}

function requestedExtensions(attributes: Element): readonly Extension[] {
  return within(attributes, context(0)).flatMap((one) => {
    const [type, values, ...rest] = within(one, TAG.sequence);
    const given = within(values, TAG.set);
    if (given.length === 0 || rest.length > 0) throw new NotDer("not an attribute of a request");
    return readOid(type) === EXTENSION_REQUEST ? given.flatMap(readExtensions) : [];
  });
}

function attribute(type: string, value: Uint8Array): Uint8Array {
  return sequence(oid(type), setOf(value));
}

function challenge(password: string): Uint8Array {
  if (password.length === 0 || password.length > MAX_CHALLENGE_CHARS || !password.isWellFormed()) {
    const sentence = `A challenge password has 1 to ${MAX_CHALLENGE_CHARS} characters.`;
    throw new Refusal("invalid_request", sentence, { field: "challengePassword" });
  }
  return attribute(CHALLENGE_PASSWORD, element(TAG.utf8String, utf8(password)));
}

/** What is not DER is not a request. */
function attempt<Value>(read: () => Value, reading: Reading): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotDer) throw notPem(reading);
    throw error;
  }
}
