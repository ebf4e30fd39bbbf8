/** What is kept, in clear, of a certificate that a secret holds. */
import type { Certificate } from "../../../pki/read.ts";
import { altNameText } from "../../../pki/alt-names.ts";
import type { CertificateFacts } from "../../../secrets/kinds/certificate.ts";

export interface Included {
  readonly intermediateIncluded: boolean;
  readonly privateKeyIncluded: boolean;
}

export function factsOfCertificate(certificate: Certificate, included: Included): CertificateFacts {
  return {
    commonName: certificate.subject.commonName ?? "",
    altNames: certificate.altNames.filter(({ kind }) => kind !== "unread").map(altNameText),
    issuer: certificate.issuerText,
    serialNumber: certificate.serialNumber,
    signingAlgorithm: certificate.signingAlgorithm,
    keyAlgorithm: certificate.keyAlgorithm,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    ...included,
  };
}
