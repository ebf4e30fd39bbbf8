/** What authorities here certify, and in which words: their own certificates, and those of whoever is below them. */
import type { KeyObject } from "node:crypto";
import { Refusal } from "../../kernel/errors.ts";
import { altNamesOf, altNameText, type AltName } from "../../pki/alt-names.ts";
import { EXT_KEY_USAGES } from "../../pki/extensions.ts";
import { issueCertificate, issueSelfSigned } from "../../pki/issue.ts";
import { encodeName, NO_SUBJECT } from "../../pki/names.ts";
import { MAX_URI_CHARS } from "../../pki/alt-names.ts";
import type { Authority, Validity } from "./authority.ts";
import { assertWithin } from "./domains.ts";

/** As DSV's clients give them. */
export interface SubjectFields {
  readonly commonName: string;
  readonly country?: string | undefined;
  readonly state?: string | undefined;
  readonly locality?: string | undefined;
  readonly organization?: string | undefined;
  readonly organizationalUnit?: string | undefined;
  readonly emailAddress?: string | undefined;
  /** Of whoever is named, as part of the name. */
  readonly description?: string | undefined;
}

/** The key pairs that are made here (DSV: "RSA 2048 key-pairs and SHA-256 hashing"). */
export const KEY_SPEC = { type: "rsa", bits: 2_048 } as const;

/** A Name in DER. */
export function subjectOf(fields: SubjectFields): Uint8Array {
  const { commonName, country, state, locality, organization, organizationalUnit } = fields;
  const { emailAddress, description } = fields;
  const subject = {
    ...NO_SUBJECT,
    commonName,
    country: listOf(country),
    province: listOf(state),
    locality: listOf(locality),
    organization: listOf(organization),
    ou: listOf(organizationalUnit),
  };
  return encodeName(subject, { emailAddress, description });
}

/** PEM. Good from now on for so long; below it stand no further authorities. */
export function issueRoot(
  subject: Uint8Array,
  key: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  validity: Validity,
): Promise<string> {
  const contents = {
    subject,
    publicKey: key.publicKey,
    ...validity,
    authority: { pathLength: 0 },
    keyUsages: ["DigitalSignature", "CertSign", "CRLSign"],
    altNames: [],
  } as const;
  return issueSelfSigned(contents, key.privateKey);
}

export interface Certified {
  readonly subject: Uint8Array;
  readonly altNames: readonly AltName[];
  readonly publicKey: KeyObject;
}

/** PEM. Refuses names outside the domains that the authority is for. */
export async function certify(
  { subject, altNames, publicKey }: Certified,
  { issuer, domains, crlUrl }: Authority,
  validity: Validity,
): Promise<string> {
  assertWithin(domains, altNames);
  const isRsa = publicKey.asymmetricKeyType === "rsa";
  return issueCertificate(
    {
      subject,
      publicKey,
      ...validity,
      saysNoAuthority: true,
      // Nothing is encrypted to a key that only signs.
      keyUsages: isRsa ? ["DigitalSignature", "KeyEncipherment"] : ["DigitalSignature"],
      extKeyUsages: ["ServerAuth", "ClientAuth"].map((name) => EXT_KEY_USAGES[name] ?? ""),
      altNames,
      crlUrl,
    },
    issuer,
  );
}

/** Host names and e-mail addresses, each once. The common name stands among them: it is what the certificate is for. */
export function namesOf(
  commonName: string | null,
  others: readonly string[] = [],
): readonly AltName[] {
  return altNamesOf({ altNames: [...(commonName === null ? [] : [commonName]), ...others] });
}

export function unique(names: readonly AltName[]): readonly AltName[] {
  return [...new Map(names.map((one) => [altNameText(one).toLowerCase(), one])).values()];
}

/** Refuses what is nowhere to be fetched from by those who check certificates. */
export function checkCrlUrl(text: string): void {
  const url = text.length <= MAX_URI_CHARS ? URL.parse(text) : null;
  const isFit = url && /^https?:$/.test(url.protocol) && /^[!-~]+$/.test(text) && !url.username;
  if (isFit) return;
  const sentence = `The URL of a revocation list is one of http or https, with at most ${MAX_URI_CHARS} characters.`;
  throw new Refusal("invalid_request", sentence, { field: "crl" });
}

function listOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}
