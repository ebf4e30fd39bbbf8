/** Extensions of certificates and requests (RFC 5280, section 4.2), those that say what a certificate may be used for. */
import { Refusal } from "../kernel/errors.ts";
import { isOid, readAltNames, type AltName } from "./alt-names.ts";
import {
  contentOf,
  contextPlain,
  element,
  integer,
  namedBits,
  NotDer,
  oid,
  readBoolean,
  readElement,
  readNamedBits,
  readOid,
  readSmallInteger,
  sequence,
  TAG,
  within,
  yes,
  type Element,
} from "./der.ts";

export const OID = {
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  altNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  policies: "2.5.29.32",
  authorityKeyId: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
} as const;

/** By the numbers of their bits; the names are Go's, which IBM's wire has them by. */
export const KEY_USAGES = [
  "DigitalSignature",
  "ContentCommitment",
  "KeyEncipherment",
  "DataEncipherment",
  "KeyAgreement",
  "CertSign",
  "CRLSign",
  "EncipherOnly",
  "DecipherOnly",
] as const;

export type KeyUsage = (typeof KEY_USAGES)[number];

export const EXT_KEY_USAGES: Readonly<Record<string, string>> = {
  Any: "2.5.29.37.0",
  ServerAuth: "1.3.6.1.5.5.7.3.1",
  ClientAuth: "1.3.6.1.5.5.7.3.2",
  CodeSigning: "1.3.6.1.5.5.7.3.3",
  EmailProtection: "1.3.6.1.5.5.7.3.4",
  IPSECEndSystem: "1.3.6.1.5.5.7.3.5",
  IPSECTunnel: "1.3.6.1.5.5.7.3.6",
  IPSECUser: "1.3.6.1.5.5.7.3.7",
  TimeStamping: "1.3.6.1.5.5.7.3.8",
  OCSPSigning: "1.3.6.1.5.5.7.3.9",
  MicrosoftServerGatedCrypto: "1.3.6.1.4.1.311.10.3.3",
  NetscapeServerGatedCrypto: "2.16.840.1.113730.4.1",
  MicrosoftCommercialCodeSigning: "1.3.6.1.4.1.311.2.1.22",
  MicrosoftKernelCodeSigning: "1.3.6.1.4.1.311.61.1.1",
};

/** Of one kind, in one certificate. */
export const MAX_USAGES = 32;
/** Of a certificate or a request that is read. */
export const MAX_EXTENSIONS = 100;
export const MAX_READ_USAGES = 100;

export interface Extension {
  readonly oid: string;
  readonly isCritical: boolean;
  /** DER. */
  readonly value: Uint8Array;
}

/** Reads the names of key usages, in any case. Refuses others. */
export function keyUsagesOf(names: readonly string[]): readonly KeyUsage[] {
  return names.map((name) => {
    const found = KEY_USAGES.find((one) => one.toLowerCase() === name.trim().toLowerCase());
    if (found) return found;
    const sentence = `The key usages are ${KEY_USAGES.join(", ")}.`;
    throw new Refusal("invalid_request", sentence, { field: "keyUsage" });
  });
}

/** The OIDs of extended key usages that are given by their names, in any case. Refuses others. */
export function extKeyUsagesOf(names: readonly string[]): readonly string[] {
  return names.map((name) => {
    const wanted = name.trim().toLowerCase();
    const found = Object.entries(EXT_KEY_USAGES).find(([one]) => one.toLowerCase() === wanted);
    if (found) return found[1];
    const sentence = `The extended key usages are ${Object.keys(EXT_KEY_USAGES).join(", ")}.`;
    throw new Refusal("invalid_request", sentence, { field: "extKeyUsage" });
  });
}

/** Refuses what is no object identifier, and too many of them. */
export function oidsOf(texts: readonly string[], field: string): readonly string[] {
  const isOk = texts.length <= MAX_USAGES && texts.every(isOid);
  if (isOk) return texts;
  const sentence = `The field ${field} has at most ${MAX_USAGES} object identifiers, as 1.3.6.1.5.5.7.3.1 is one.`;
  throw new Refusal("invalid_request", sentence, { field });
}

export function keyUsageExtension(usages: readonly KeyUsage[]): Extension {
  const value = namedBits(usages.map((one) => KEY_USAGES.indexOf(one)));
  return { oid: OID.keyUsage, isCritical: true, value };
}

export function extKeyUsageExtension(oids: readonly string[]): Extension {
  return { oid: OID.extKeyUsage, isCritical: false, value: sequence(...oids.map(oid)) };
}

export function policiesExtension(oids: readonly string[]): Extension {
  const value = sequence(...oids.map((one) => sequence(oid(one))));
  return { oid: OID.policies, isCritical: false, value };
}

export function basicConstraintsExtension(isCa: boolean, pathLength: number | null): Extension {
  const parts = [...(isCa ? [yes()] : []), ...(pathLength === null ? [] : [integer(pathLength)])];
  return { oid: OID.basicConstraints, isCritical: true, value: sequence(...parts) };
}

/** Extensions in DER: a sequence of them. */
export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  const parts = extensions.map(({ oid: type, isCritical, value }) =>
    sequence(oid(type), ...(isCritical ? [yes()] : []), element(TAG.octetString, value)),
  );
  return sequence(...parts);
}

/** Throws `NotDer`. */
export function readExtensions(sequenceOfThem: Element): readonly Extension[] {
  const found = within(sequenceOfThem, TAG.sequence);
  if (found.length > MAX_EXTENSIONS) throw new NotDer("extensions without end");
  return found.map((one) => {
    const [type, ...rest] = within(one, TAG.sequence);
    if (rest.length > 2) throw new NotDer("more than an extension");
    const isCritical = rest.length === 2 && readBoolean(rest[0]);
    return { oid: readOid(type), isCritical, value: contentOf(rest.at(-1), TAG.octetString) };
  });
}

/** What extensions say, as far as it is looked at here. */
export interface ReadUsage {
  readonly altNames: readonly AltName[];
  readonly isCa: boolean;
  /** How many authorities may stand between it and a certificate; null for as many as there are. */
  readonly pathLength: number | null;
  /** Null where nothing is said, which allows all of them. */
  readonly keyUsages: readonly KeyUsage[] | null;
  /** OIDs; null as above. */
  readonly extKeyUsages: readonly string[] | null;
  /** In hexadecimal. */
  readonly keyId: string | null;
  readonly authorityKeyId: string | null;
}

/** Throws `NotDer`, also for two extensions of one kind (section 4.2): whoever checks could go by either. */
export function readUsage(extensions: readonly Extension[]): ReadUsage {
  if (new Set(extensions.map((one) => one.oid)).size < extensions.length) {
    throw new NotDer("an extension that stands there twice");
  }
  const find = (type: string): Uint8Array | undefined =>
    extensions.find((one) => one.oid === type)?.value;
  const [altNames, usage, extUsage] = [OID.altNames, OID.keyUsage, OID.extKeyUsage].map(find);
  const keyId = find(OID.subjectKeyId);
  return {
    altNames: altNames ? readAltNames(altNames) : [],
    ...readConstraints(find(OID.basicConstraints)),
    keyUsages: usage ? readKeyUsages(usage) : null,
    extKeyUsages: extUsage ? readExtKeyUsages(extUsage) : null,
    keyId: keyId ? hex(contentOf(readElement(keyId), TAG.octetString)) : null,
    authorityKeyId: readAuthorityKeyId(find(OID.authorityKeyId)),
  };
}

function readExtKeyUsages(der: Uint8Array): readonly string[] {
  const found = within(readElement(der), TAG.sequence);
  if (found.length > MAX_READ_USAGES) throw new NotDer("usages without end");
  return found.map(readOid);
}

function readKeyUsages(der: Uint8Array): readonly KeyUsage[] {
  return readNamedBits(readElement(der))
    .map((bit) => KEY_USAGES[bit])
    .filter((one) => one !== undefined);
}

function readConstraints(der: Uint8Array | undefined): Pick<ReadUsage, "isCa" | "pathLength"> {
  const parts = der ? within(readElement(der), TAG.sequence) : [];
  // Each may be left out, and they have an order.
  const hasFlag = parts[0]?.tag === TAG.boolean;
  const [length, ...rest] = hasFlag ? parts.slice(1) : parts;
  if (rest.length > 0) throw new NotDer("more than constraints");
  return {
    isCa: hasFlag && readBoolean(parts[0]),
    pathLength: length ? readSmallInteger(length) : null,
  };
}

function readAuthorityKeyId(der: Uint8Array | undefined): string | null {
  const parts = der ? within(readElement(der), TAG.sequence) : [];
  const keyId = parts.find(({ tag }) => tag === contextPlain(0));
  return keyId ? hex(keyId.content) : null;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
