/** What IBM's wire tells of a certificate, whichever type of secret holds it. */
import type { CertificateFacts, CertificateParts } from "../../../../secrets/kinds/certificate.ts";
import { date, present } from "../shapes.ts";

/** Of the current certificate, or of a version's. */
export function certificateBody(facts: CertificateFacts): object {
  return {
    ...present("common_name", facts.commonName || null),
    alt_names: facts.altNames,
    issuer: facts.issuer,
    serial_number: facts.serialNumber,
    signing_algorithm: facts.signingAlgorithm,
    key_algorithm: facts.keyAlgorithm,
    validity: { not_before: date(facts.notBefore), not_after: date(facts.notAfter) },
    intermediate_included: facts.intermediateIncluded,
    private_key_included: facts.privateKeyIncluded,
  };
}

/** The certificate itself, with its key. */
export function partsBody({ certificate, intermediate, privateKey }: CertificateParts): object {
  return {
    certificate,
    ...present("intermediate", intermediate),
    ...present("private_key", privateKey, (key) => key.reveal()),
  };
}
