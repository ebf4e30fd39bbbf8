/** Issuing certificates (RFC 5280, section 4): a root's own, an intermediate authority's, anybody's. */
import { randomBytes, type KeyObject } from "node:crypto";
import { utf8 } from "../kernel/bytes.ts";
import type { Millis } from "../kernel/clock.ts";
import { encodeAltNames, type AltName } from "./alt-names.ts";
import { context, contextPlain, element, integer, oid, sequence, TAG } from "./der.ts";
import {
  basicConstraintsExtension,
  encodeExtensions,
  extKeyUsageExtension,
  keyUsageExtension,
  OID,
  policiesExtension,
  type Extension,
  type KeyUsage,
} from "./extensions.ts";
import { authorityKeyIdExtension, type Issuer } from "./issuer.ts";
import { keyIdOf, spkiOf } from "./keys.ts";
import { pemOf } from "./pem.ts";
import { algorithmOf, signed } from "./sign.ts";
import { time } from "./time.ts";

/** What a certificate says. */
export interface Contents {
  /** A Name in DER. */
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
  /** Of an authority: how many more may follow it, null for any number. Left out for whoever is none. */
  readonly authority?: { readonly pathLength: number | null } | undefined;
  /** Says of whoever is no authority that it is none. */
  readonly saysNoAuthority?: boolean | undefined;
  readonly keyUsages: readonly KeyUsage[];
  /** Object identifiers. */
  readonly extKeyUsages?: readonly string[] | undefined;
  readonly altNames: readonly AltName[];
  readonly policies?: readonly string[] | undefined;
  /** The only domains that host names below an authority may be in. */
  readonly permittedDnsDomains?: readonly string[] | undefined;
  /** Where the issuer's revocation list is to be had, and its own certificate. */
  readonly crlUrl?: string | undefined;
  readonly issuerUrl?: string | undefined;
}

/** RFC 5280, section 4.1.2.2: at most 20 octets, and positive. */
export const SERIAL_NUMBER_BYTES = 20;

const NAME_CONSTRAINTS = "2.5.29.30";
const CRL_DISTRIBUTION_POINTS = "2.5.29.31";
const AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
const CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
const VERSION_3 = 2;
const DNS_NAME = contextPlain(2);
const URI = contextPlain(6);

/** Issues one, in PEM, with a serial number drawn at random. The signature is made in another thread. */
export async function issueCertificate(contents: Contents, issuer: Issuer): Promise<string> {
  const toBeSigned = sequence(
    element(context(0), integer(VERSION_3)),
    integer(newSerialNumber()),
    algorithmOf(issuer.key),
    issuer.name,
    sequence(time(contents.notBefore), time(contents.notAfter)),
    contents.subject,
    spkiOf(contents.publicKey),
    element(context(3), encodeExtensions(extensionsOf(contents, issuer))),
  );
  return pemOf("CERTIFICATE", await signed(toBeSigned, issuer.key));
}

/** Signed by its own key: of a root. */
export function issueSelfSigned(contents: Contents, key: KeyObject): Promise<string> {
  const keyId = keyIdOf(contents.publicKey);
  return issueCertificate(contents, { key, name: contents.subject, keyId });
}

/** Drawn at random, so that nobody can tell what will be signed next; positive, and always of the full length. */
function newSerialNumber(): Uint8Array {
  const bytes = randomBytes(SERIAL_NUMBER_BYTES);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes;
}

function extensionsOf(contents: Contents, issuer: Issuer): readonly Extension[] {
  const { authority, saysNoAuthority, keyUsages, extKeyUsages, policies } = contents;
  const { altNames, permittedDnsDomains, crlUrl, issuerUrl } = contents;
  return [
    ...(authority ? [basicConstraintsExtension(true, authority.pathLength)] : []),
    ...(!authority && saysNoAuthority ? [basicConstraintsExtension(false, null)] : []),
    ...(keyUsages.length > 0 ? [keyUsageExtension(keyUsages)] : []),
    ...(extKeyUsages?.length ? [extKeyUsageExtension(extKeyUsages)] : []),
    subjectKeyIdExtension(contents.publicKey),
    authorityKeyIdExtension(issuer),
    ...(altNames.length > 0 ? [altNamesExtension(contents)] : []),
    ...(policies?.length ? [policiesExtension(policies)] : []),
    ...(permittedDnsDomains?.length ? [nameConstraintsExtension(permittedDnsDomains)] : []),
    ...(crlUrl === undefined ? [] : [crlExtension(crlUrl)]),
    ...(issuerUrl === undefined ? [] : [issuerExtension(issuerUrl)]),
  ];
}

function subjectKeyIdExtension(publicKey: KeyObject): Extension {
  const value = element(TAG.octetString, keyIdOf(publicKey));
  return { oid: OID.subjectKeyId, isCritical: false, value };
}

/** Critical where there is no other name (section 4.2.1.6). */
function altNamesExtension({ altNames, subject }: Contents): Extension {
  const isCritical = Buffer.compare(subject, sequence()) === 0;
  return { oid: OID.altNames, isCritical, value: encodeAltNames(altNames) };
}

/** Section 4.2.1.10. */
function nameConstraintsExtension(domains: readonly string[]): Extension {
  const subtrees = domains.map((domain) => sequence(element(DNS_NAME, utf8(domain))));
  const value = sequence(element(context(0), ...subtrees));
  return { oid: NAME_CONSTRAINTS, isCritical: true, value };
}

/** Section 4.2.1.13. */
function crlExtension(url: string): Extension {
  const fullName = element(context(0), element(URI, utf8(url)));
  const value = sequence(sequence(element(context(0), fullName)));
  return { oid: CRL_DISTRIBUTION_POINTS, isCritical: false, value };
}

/** Section 4.2.2.1. */
function issuerExtension(url: string): Extension {
  const value = sequence(sequence(oid(CA_ISSUERS), element(URI, utf8(url))));
  return { oid: AUTHORITY_INFO_ACCESS, isCritical: false, value };
}
