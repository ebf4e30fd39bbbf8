/** What a certificate is asked to be for, as it is going to stand in it. */
import { isIP } from "node:net";
import { Refusal } from "../../kernel/errors.ts";
import {
  altNamesOf,
  isEmail,
  isHostName,
  MAX_ALT_NAMES,
  type AltName,
} from "../../pki/alt-names.ts";
import type { Csr } from "../../pki/csr.ts";
import { encodeName, NO_SUBJECT } from "../../pki/names.ts";
import type { Naming, SubjectFields } from "../../secrets/configurations/naming.ts";

export interface CertificateNames {
  /** Empty for none. */
  readonly commonName: string;
  readonly subject: SubjectFields;
  readonly altNames: readonly AltName[];
}

/** Refuses what no certificate can say. A common name that is one of a host stands among the alternative names too. */
export function certificateNames(naming: Naming, subject: SubjectFields): CertificateNames {
  const { commonName, excludeCnFromSans, altNames, ipSans, uriSans, otherSans } = naming;
  const given = [altNames, ipSans, uriSans, otherSans].map((names) => names.length);
  assertFew(given.reduce((sum, count) => sum + count, 0));
  const alsoHost = !excludeCnFromSans && isHostOrMail(commonName) ? [commonName] : [];
  const alsoIp = !excludeCnFromSans && isIP(commonName) !== 0 ? [commonName] : [];
  return {
    commonName,
    subject,
    altNames: altNamesOf({
      altNames: [...alsoHost, ...altNames],
      ipSans: [...alsoIp, ...ipSans],
      uriSans,
      otherSans,
    }),
  };
}

/** Those of a CSR, of which nobody has counted the names. */
export function namesInCsr({ altNames }: Pick<Csr, "altNames">): readonly AltName[] {
  assertFew(altNames.length);
  return altNames;
}

function assertFew(count: number): void {
  if (count <= MAX_ALT_NAMES) return;
  const sentence = `A certificate has at most ${MAX_ALT_NAMES} alternative names here.`;
  throw new Refusal("limit_reached", sentence, { field: "altNames" });
}

/** The subject, a Name in DER. */
export function subjectOf({ commonName, subject }: CertificateNames): Uint8Array {
  return encodeName({
    ...NO_SUBJECT,
    ...subject,
    commonName: commonName === "" ? null : commonName,
  });
}

/** Whoever has neither a subject nor another name cannot be told from anybody else. */
export function assertNamed({ commonName, altNames }: CertificateNames): void {
  if (commonName !== "" || altNames.length > 0) return;
  throw new Refusal("invalid_request", "A certificate has a common name or an alternative name.", {
    field: "commonName",
  });
}

function isHostOrMail(text: string): boolean {
  return isIP(text) === 0 && (isHostName(text) || isEmail(text));
}
