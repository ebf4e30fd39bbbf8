/** Keeps an authority that was made elsewhere, so that it signs here. */
import { createPrivateKey } from "node:crypto";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { isKeyOf, readPrivateKey } from "../../pki/keys.ts";
import { readCertificates } from "../../pki/read.ts";
import { changeOperation } from "../operation.ts";
import { assertStands, checkHours, hoursFrom, mayIssue } from "./authority.ts";
import { checkCrlUrl } from "./certificates.ts";
import { domainsOf } from "./domains.ts";
import { keyPemIn, pemIn } from "./encoding.ts";
import { assertMayKeep, locateProspect, type Prospect } from "./keep.ts";
import { keepRoot, type KeptRoot, type RootTerms } from "./root-secret.ts";

export interface RegisterRootInput extends RootTerms {
  /** The name of the secret that it is kept as. */
  readonly rootCAPath: string;
  /** PEM, as it is or in Base64; and the key likewise. */
  readonly certificate: string;
  readonly privateKey: Sensitive<string>;
  /** Of the certificate, once it has been read. */
  readonly serialNumber?: string | undefined;
}

export const registerRoot = changeOperation<RegisterRootInput, Prospect, KeptRoot>({
  name: "pki-root.register",

  locate: async ({ rootCAPath }, context) => locateProspect(rootCAPath, context),

  async work(input, prospect, context) {
    const domains = domainsOf(input.domains);
    checkHours(input.maxTTL, "maxTTL");
    if (input.crl !== undefined) checkCrlUrl(input.crl);
    const [certificate, ...others] = readCertificates(pemIn(input.certificate), "certificate");
    if (!certificate || others.length > 0 || !mayIssue(certificate)) {
      throw unfit("certificate", "The certificate is one, and that of an authority that signs.");
    }
    const privateKey = keyPemIn(input.privateKey);
    if (!(await isKeyOf(readPrivateKey(privateKey), certificate.publicKey))) {
      throw unfit("privateKey", "The private key is not that of the certificate.");
    }
    assertStands(certificate, context.now);
    if (hoursFrom(context.now, input.maxTTL) > certificate.notAfter) {
      throw unfit("maxTTL", "The certificate ends before so many hours are over.");
    }
    await assertMayKeep(prospect, context);
    const { pem, serialNumber } = certificate;
    return { ...input, domains, certificate: pem, privateKey, serialNumber };
  },

  async run(input, { subject: prospect }, context) {
    const { serialNumber = "" } = input;
    const key = createPrivateKey(input.privateKey.reveal());
    return keepRoot(prospect, { ...input, key, serialNumber }, context);
  },
});

function unfit(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
