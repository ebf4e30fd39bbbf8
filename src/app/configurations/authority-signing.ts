/** Signing the certificates of authorities: a root's by itself, an intermediate one's by the one above it. */
import type { KeyObject } from "node:crypto";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { KeyUsage } from "../../pki/extensions.ts";
import { issueCertificate, issueSelfSigned, type Contents } from "../../pki/issue.ts";
import { publicKeyOf } from "../../pki/keys.ts";
import { readCertificate } from "../../pki/read.ts";
import type { IssuedAuthority } from "../../secrets/configurations/authority.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { subjectOf, type CertificateNames } from "./certificate-names.ts";
import {
  assertPermitted,
  BACKDATED_MS,
  endOf,
  issuerOf,
  publishedBy,
  refused,
  type Authority,
  type Lifetime,
} from "./signing.ts";

/** The certificate of an authority that is to be signed. */
export interface AuthorityToSign {
  readonly names: CertificateNames;
  /** The subject as a CSR has it, byte for byte; left out, it is made of the names. */
  readonly subjectDer?: Uint8Array | undefined;
  readonly publicKey: KeyObject;
  /** -1 for any number. */
  readonly maxPathLength: number;
  readonly permittedDnsDomains: readonly string[] | null;
  /** Besides those of every authority. */
  readonly keyUsages?: readonly KeyUsage[] | undefined;
  readonly extKeyUsages?: readonly string[] | undefined;
}

const ANY_NUMBER = -1;
const AUTHORITY_USAGES: readonly KeyUsage[] = ["CertSign", "CRLSign"];

/** A root: it lives for so many seconds from now. */
export async function signRoot(
  asked: Omit<AuthorityToSign, "publicKey">,
  key: KeyObject,
  life: { readonly now: Millis; readonly seconds: number },
): Promise<IssuedAuthority> {
  const toSign = { ...asked, publicKey: publicKeyOf(key) };
  const notAfter = wholeSeconds(life.now + life.seconds * 1_000);
  const contents = contentsOf(toSign, asked.maxPathLength, { now: life.now, notAfter });
  const pem = await issueSelfSigned(contents, key);
  return {
    certificate: pem,
    issuingCa: pem,
    caChain: [],
    serialNumber: readCertificate(pem).serialNumber,
    notAfter,
    pathLength: asked.maxPathLength,
    permittedDnsDomains: asked.permittedDnsDomains ? [asked.permittedDnsDomains] : [],
    issuerId: null,
  };
}

/** An authority below another one, which has been found to be one that signs. */
export async function signAuthority(
  asked: AuthorityToSign,
  by: { readonly authority: Authority; readonly lifetime: Lifetime },
  context: Context<View>,
): Promise<IssuedAuthority> {
  const { authority, lifetime } = by;
  const { issued, configuration } = authority;
  const pathLength = pathLengthBelow(issued.pathLength, asked.maxPathLength);
  assertPermitted(asked.names, authority);
  const notAfter = wholeSeconds(endOf(lifetime, authority, context.now));
  const contents: Contents = {
    ...contentsOf(asked, pathLength, { now: context.now, notAfter }),
    ...publishedBy(authority, context),
  };
  const pem = await issueCertificate(contents, issuerOf(authority, context.capabilities));
  const own = asked.permittedDnsDomains ? [asked.permittedDnsDomains] : [];
  return {
    certificate: pem,
    issuingCa: issued.certificate,
    caChain: [issued.certificate, ...issued.caChain],
    serialNumber: readCertificate(pem).serialNumber,
    notAfter,
    pathLength,
    permittedDnsDomains: [...issued.permittedDnsDomains, ...own],
    issuerId: configuration.id,
  };
}

function contentsOf(
  asked: AuthorityToSign,
  pathLength: number,
  { now, notAfter }: { readonly now: Millis; readonly notAfter: Millis },
): Contents {
  return {
    subject: asked.subjectDer ?? subjectOf(asked.names),
    publicKey: asked.publicKey,
    notBefore: wholeSeconds(now - BACKDATED_MS),
    notAfter,
    authority: { pathLength: pathLength === ANY_NUMBER ? null : pathLength },
    keyUsages: [...new Set([...AUTHORITY_USAGES, ...(asked.keyUsages ?? [])])],
    extKeyUsages: asked.extKeyUsages,
    altNames: asked.names.altNames,
    permittedDnsDomains: asked.permittedDnsDomains ?? undefined,
  };
}

/** RFC 5280, section 4.2.1.9: each step down a limited path leaves one less. */
function pathLengthBelow(above: number, asked: number): number {
  if (above === 0) {
    throw new Refusal(
      "precondition_failed",
      "The path of the certificate authority ends with it: it signs no other authorities.",
    );
  }
  if (above === ANY_NUMBER) return asked;
  if (asked > above - 1) {
    throw refused(
      `The path below the certificate authority is at most ${above - 1}.`,
      "maxPathLength",
    );
  }
  return asked === ANY_NUMBER ? above - 1 : asked;
}

/** Certificates know no parts of a second. */
export function wholeSeconds(at: Millis): Millis {
  return Math.floor(at / 1_000) * 1_000;
}
