/** Certifies the key of a request, for names in the domains of the authority. */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { readCsr, type Csr } from "../../pki/csr.ts";
import { bitsOf } from "../../pki/keys.ts";
import { encodeName } from "../../pki/names.ts";
import { readCertificates } from "../../pki/read.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import {
  assertSameAuthority,
  checkHours,
  locateAuthority,
  openAuthority,
  validityOf,
  type Authority,
  type OfAuthority,
} from "./authority.ts";
import { certify, namesOf, unique } from "./certificates.ts";
import { pemIn } from "./encoding.ts";

export interface SignCsrInput extends OfAuthority {
  /** PEM, as it is or in Base64. */
  readonly csr: string;
  /** Host names and e-mail addresses, besides those that the request has. */
  readonly subjectAltNames: readonly string[];
  /** Hours; as many as the authority allows, where none are given. */
  readonly ttl?: number | undefined;
  readonly signed?: Signed | undefined;
}

/** What an authority has signed, and by which of its versions. */
export interface Signed {
  readonly certificate: string;
  readonly rootCertificate: string;
  readonly authorityVersion: string;
}

/** What is answered, and recorded, of every certificate. */
export interface SignedOutput {
  readonly certificate: string;
  readonly rootCertificate: string;
  readonly serialNumber: string;
  readonly commonName: string | null;
  /** RFC 3339. */
  readonly notAfter: string;
}

export const signCsr = changeOperation<SignCsrInput, Secret, SignedOutput>({
  name: "pki-csr.sign",

  locate: locateAuthority,

  async work(input, secret, context) {
    const csr = readCsr(pemIn(input.csr));
    if (csr.isCa) {
      const sentence = "The request asks for an authority: what is signed here is none.";
      throw new Refusal("invalid_request", sentence, { field: "csr" });
    }
    assertStrong(csr);
    if (input.ttl !== undefined) checkHours(input.ttl, "ttl");
    const authority = await openAuthority(secret, context);
    const validity = validityOf(authority, input.ttl, context.now);
    const certified = { ...namedBy(csr, input.subjectAltNames), publicKey: csr.publicKey };
    const certificate = await certify(certified, authority, validity);
    return { ...input, signed: signedBy(authority, certificate) };
  },

  async run({ signed }, { subject: secret }, context) {
    invariant(signed !== undefined, "a certificate is signed before it is given out");
    await assertSameAuthority(secret, signed.authorityVersion, context);
    return outputOf(signed);
  },
});

/** RFC 8017's keys, as short as public authorities sign any more (CA/Browser Forum, Baseline Requirements, 6.1.5). */
const MIN_RSA_BITS = 2_048;

function assertStrong({ publicKey }: Csr): void {
  const isRsa = publicKey.asymmetricKeyType?.startsWith("rsa") === true;
  if (!isRsa || (bitsOf(publicKey) ?? 0) >= MIN_RSA_BITS) return;
  const sentence = `An RSA key of a request has ${MIN_RSA_BITS} bits at least.`;
  throw new Refusal("invalid_request", sentence, { field: "csr" });
}

export function signedBy({ certificate: root, versionId }: Authority, certificate: string): Signed {
  return { certificate, rootCertificate: root.pem, authorityVersion: versionId };
}

export function outputOf({ certificate, rootCertificate }: Signed): SignedOutput {
  const [read] = readCertificates(certificate, "certificate");
  invariant(read !== undefined, "what was signed is a certificate");
  const { serialNumber, subject, notAfter } = read;
  return {
    certificate,
    rootCertificate,
    serialNumber,
    commonName: subject.commonName,
    notAfter: toRfc3339(notAfter),
  };
}

/** Of its name only the usual parts: others could say of its holder what nobody has looked at. */
function namedBy(csr: Csr, others: readonly string[]) {
  const names = namesOf(csr.subject.commonName, others);
  return { subject: encodeName(csr.subject), altNames: unique([...names, ...csr.altNames]) };
}
