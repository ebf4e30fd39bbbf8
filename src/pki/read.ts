/** Certificates (X.509, RFC 5280) as they come from elsewhere: what they say, and whether each was signed by the next. */
import { X509Certificate, type KeyObject } from "node:crypto";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { context, NotDer, readElement, TAG, within, type Element } from "./der.ts";
import { readExtensions, readUsage, type Extension, type ReadUsage } from "./extensions.ts";
import { keyAlgorithmOf, readPublicKey } from "./keys.ts";
import { readName, type Subject } from "./names.ts";
import { notPem, pemBlocks, pemOf, type PemBlock, type Reading } from "./pem.ts";
import { signingAlgorithmName } from "./signature.ts";
import { readTime } from "./time.ts";

export interface Certificate extends ReadUsage {
  /** This one alone, in PEM. */
  readonly pem: string;
  readonly subject: Subject;
  /** `C=US, O=Example, CN=example.com`, in the order of the name. */
  readonly subjectText: string;
  readonly subjectDer: Uint8Array;
  readonly issuerText: string;
  readonly issuerDer: Uint8Array;
  /** Bytes in hexadecimal, colons between them; with a minus before them where it is negative. */
  readonly serialNumber: string;
  readonly signingAlgorithm: string;
  readonly keyAlgorithm: string;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Extension[];
}

/** Of RFC 5280 there are 20 at most (section 4.1.2.2); some authorities of old have more. */
export const MAX_SERIAL_NUMBER_BYTES = 64;

const LABELS = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];

/** Reads the one certificate of a text in PEM. Refuses what is none, and more than one. */
export function readCertificate(pem: string, field = "certificate"): Certificate {
  const [first, ...rest] = readCertificates(pem, field);
  if (!first || rest.length > 0) {
    const sentence = `The field ${field} has one certificate; those that it was signed by belong into intermediate.`;
    throw new Refusal("invalid_request", sentence, { field });
  }
  return first;
}

/** Reads all the certificates of a text in PEM, in their order; at least one. Refuses anything else that is in there. */
export function readCertificates(pem: string, field: string): readonly Certificate[] {
  const reading: Reading = { field, what: "a certificate" };
  return pemBlocks(pem, reading).map((block) => readBlock(block, reading));
}

/**
 * Refuses a chain, the nearest first, of which one certificate was not signed by the next, or by one that may sign
 * none. Whether a chain may be trusted, and until when, is for those who come upon it.
 */
export function checkChain(chain: readonly Certificate[], field = "intermediate"): void {
  for (const [at, one] of chain.entries()) {
    const issuer = chain[at + 1];
    if (!issuer) return;
    const refused = (sentence: string): Refusal =>
      new Refusal("invalid_request", sentence, { field });
    if (!mayIssue(issuer, at)) {
      throw refused(
        "A certificate of the chain is not that of an authority that may sign the one before it.",
      );
    }
    if (!isIssuedBy(one, issuer)) {
      throw refused(
        "The chain is broken: each certificate is signed by the next one, the nearest first.",
      );
    }
  }
}

/** By its name, and by its signature. */
export function isIssuedBy(one: Certificate, issuer: Certificate): boolean {
  if (Buffer.compare(one.issuerDer, issuer.subjectDer) !== 0) return false;
  try {
    return new X509Certificate(one.pem).verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** RFC 5280, sections 4.2.1.3 and 4.2.1.9, for an authority with so many others below it. */
function mayIssue({ isCa, pathLength, keyUsages }: Certificate, below: number): boolean {
  const isWithin = pathLength === null || pathLength >= below;
  return isCa && isWithin && (keyUsages === null || keyUsages.includes("CertSign"));
}

function readBlock({ label, der }: PemBlock, reading: Reading): Certificate {
  if (!LABELS.includes(label)) throw notPem(reading);
  try {
    const pem = pemOf("CERTIFICATE", der);
    // The library reads it first: what it takes for a certificate has the parts that are looked for below. In PEM, since
    // it looks for that in DER as well, and would find another certificate that this one carries.
    if (!new X509Certificate(pem).raw.equals(der)) throw new NotDer("read as something else");
    return { ...readParts(der), pem };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw notPem(reading);
  }
}

function readParts(der: Uint8Array): Omit<Certificate, "pem"> {
  const [toBeSigned, algorithm] = within(readElement(der), TAG.sequence);
  const all = within(toBeSigned, TAG.sequence);
  // The version has a default, and is left out where it is the first one.
  const [serial, , issuer, validity, subject, spki, ...rest] =
    all[0]?.tag === context(0) ? all.slice(1) : all;
  if (serial?.tag !== TAG.integer || !issuer || !subject || !spki)
    throw new NotDer("not all of it");
  const publicKey = readPublicKey(spki.bytes);
  if (!publicKey) throw new NotDer("a key of no use");
  const [notBefore, notAfter] = within(validity, TAG.sequence).map(readTime);
  if (notBefore === undefined || notAfter === undefined) throw new NotDer("no dates");
  const [subjectName, issuerName] = [readName(subject.bytes), readName(issuer.bytes)];
  const extensions = extensionsIn(rest);
  return {
    subject: subjectName.subject,
    subjectText: subjectName.text,
    subjectDer: subject.bytes,
    issuerText: issuerName.text,
    issuerDer: issuer.bytes,
    serialNumber: serialNumberText(serial.content),
    signingAlgorithm: signingAlgorithmName(algorithm),
    keyAlgorithm: keyAlgorithmOf(publicKey),
    notBefore,
    notAfter,
    publicKey,
    extensions,
    ...readUsage(extensions),
  };
}

function extensionsIn(parts: readonly Element[]): readonly Extension[] {
  const wrapped = parts.find(({ tag }) => tag === context(3));
  return wrapped ? within(wrapped, context(3)).flatMap(readExtensions) : [];
}

/** The record has it: so it has an end. */
function serialNumberText(bytes: Uint8Array): string {
  if (bytes.length > MAX_SERIAL_NUMBER_BYTES) throw new NotDer("a serial number without end");
  const number = BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
  const [sign, digits] = number < 0n ? ["-", -number] : ["", number];
  const hex = digits.toString(16);
  return `${sign}${(hex.padStart(hex.length + (hex.length % 2), "0").match(/../g) ?? []).join(":")}`;
}
