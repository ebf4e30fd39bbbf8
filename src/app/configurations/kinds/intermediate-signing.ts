/** The certificate of an intermediate authority: what it asks to be, and what is brought for it from outside. */
import type { Sensitive } from "../../../kernel/sensitive.ts";
import {
  basicConstraintsExtension,
  keyUsageExtension,
  type Extension,
} from "../../../pki/extensions.ts";
import { makeCsr, readCsr } from "../../../pki/csr.ts";
import { readPrivateKey, spkiOf } from "../../../pki/keys.ts";
import { NO_SUBJECT } from "../../../pki/names.ts";
import { checkChain, isIssuedBy, readCertificate, readCertificates } from "../../../pki/read.ts";
import type { Certificate } from "../../../pki/read.ts";
import type {
  AuthorityAttributes,
  AuthorityRequest,
  IssuedAuthority,
} from "../../../secrets/configurations/authority.ts";
import { attributesOf, type Configuration } from "../../../secrets/configurations/configuration.ts";
import { invariant } from "../../../kernel/errors.ts";
import type { Context } from "../../operation.ts";
import type { View } from "../../state.ts";
import type { AuthorityToSign } from "../authority-signing.ts";
import { certificateNames } from "../certificate-names.ts";
import { authoritiesOf, refused } from "../signing.ts";

const ANY_NUMBER = -1;

/** PKCS #10 in PEM, which asks to be an authority. */
export function csrFor(request: AuthorityRequest, key: Sensitive<string>): Promise<string> {
  const { commonName, altNames, subject } = certificateNames(request.naming, request.subject);
  const extensions: readonly Extension[] = [
    basicConstraintsExtension(true, null),
    keyUsageExtension(["CertSign", "CRLSign"]),
  ];
  return makeCsr({
    subject: { ...NO_SUBJECT, ...subject, commonName },
    altNames,
    key: readPrivateKey(key),
    extensions,
  });
}

/** As it asked to be when it was made; under the name that it has, once it has signed by that. */
export function toSignOf({
  asked,
  csr,
  issued,
}: Pick<AuthorityAttributes, "asked" | "csr" | "issued">): AuthorityToSign {
  invariant(csr !== null, "an intermediate authority has a CSR");
  return {
    names: certificateNames(asked.naming, asked.subject),
    subjectDer: issued ? readCertificate(issued.certificate).subjectDer : undefined,
    publicKey: readCsr(csr).publicKey,
    maxPathLength: asked.maxPathLength,
    permittedDnsDomains: asked.permittedDnsDomains,
  };
}

/** What it has signed, its revocation list too, is known by its name to be its own. */
export function assertNameKept(
  { issued: before }: AuthorityAttributes,
  { certificate }: IssuedAuthority,
): void {
  if (!before) return;
  const [old, next] = [before.certificate, certificate].map((pem) => readCertificate(pem));
  if (old && next && Buffer.compare(old.subjectDer, next.subjectDer) === 0) return;
  throw refused("An authority that has been signed keeps its name.", "commonName");
}

/**
 * A certificate that was signed for the authority's CSR, with those above it behind it if they are known. Refuses one
 * for another key, of no authority, of the past, and a chain that is broken. Domains to which those above limit it are
 * not looked at: names outside of them are refused by whoever checks them.
 */
export async function signedOutside(
  pem: string,
  configuration: Configuration,
  { store, now }: Context<View>,
): Promise<IssuedAuthority> {
  const [own, ...chain] = readCertificates(pem, "certificate");
  invariant(own !== undefined, "a text in PEM has one certificate at least");
  assertAuthority(own, attributesOf(configuration, "authority"), now);
  checkChain([own, ...chain], "certificate");
  const issuer = await issuerAmong(await authoritiesOf(configuration.at, store), own);
  const above = chain.length > 0 ? chain.map((one) => one.pem) : (issuer?.chain ?? []);
  return {
    certificate: own.pem,
    issuingCa: above[0] ?? null,
    caChain: above,
    serialNumber: own.serialNumber,
    notAfter: own.notAfter,
    pathLength: own.pathLength ?? ANY_NUMBER,
    permittedDnsDomains: issuer?.permittedDnsDomains ?? [],
    issuerId: issuer?.id ?? null,
  };
}

function assertAuthority(own: Certificate, { csr }: AuthorityAttributes, now: number): void {
  invariant(csr !== null, "an intermediate authority has a CSR");
  const key = spkiOf(readCsr(csr).publicKey);
  if (Buffer.compare(spkiOf(own.publicKey), key) !== 0) {
    throw refused("The certificate is for another key than the one of the CSR.", "certificate");
  }
  const usages = own.keyUsages ?? ["CertSign", "CRLSign"];
  if (!own.isCa || !usages.includes("CertSign") || !usages.includes("CRLSign")) {
    throw refused(
      "The certificate is not that of an authority, which signs certificates and revocation lists.",
      "certificate",
    );
  }
  if (own.notAfter <= now) throw refused("The certificate has expired.", "certificate");
}

interface IssuerHere {
  readonly id: string;
  readonly chain: readonly string[];
  readonly permittedDnsDomains: IssuedAuthority["permittedDnsDomains"];
}

/** The authority of the instance that signed it, if one did. */
async function issuerAmong(
  authorities: readonly Configuration[],
  own: Certificate,
): Promise<IssuerHere | undefined> {
  for (const one of authorities) {
    const { issued } = attributesOf(one, "authority");
    if (!issued || !isIssuedBy(own, readCertificate(issued.certificate))) continue;
    const { certificate, caChain, permittedDnsDomains } = issued;
    return { id: one.id, chain: [certificate, ...caChain], permittedDnsDomains };
  }
  return undefined;
}
