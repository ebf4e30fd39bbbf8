/** Makes an authority: a key, and a certificate that it signs for itself. */
import { createPrivateKey } from "node:crypto";
import { invariant } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { generateKey, publicKeyOf, readPrivateKey } from "../../pki/keys.ts";
import { readCertificates } from "../../pki/read.ts";
import { wholeSeconds } from "../configurations/authority-signing.ts";
import { BACKDATED_MS } from "../configurations/signing.ts";
import { changeOperation } from "../operation.ts";
import { checkHours, hoursFrom } from "./authority.ts";
import { checkCrlUrl, issueRoot, KEY_SPEC, subjectOf, type SubjectFields } from "./certificates.ts";
import { domainsOf } from "./domains.ts";
import { keyInBase64 } from "./encoding.ts";
import { assertMayKeep, locateProspect, type Prospect } from "./keep.ts";
import { keepRoot, type KeptRoot, type RootTerms } from "./root-secret.ts";

export interface CreateRootInput extends RootTerms, SubjectFields {
  /** The name of the secret that it is kept as. */
  readonly rootCAPath: string;
  readonly made?: MadeRoot | undefined;
}

interface MadeRoot {
  readonly certificate: string;
  readonly privateKey: Sensitive<string>;
}

export interface CreateRootOutput extends KeptRoot {
  /** PEM in Base64; null for whoever may make secrets and not read them. */
  readonly privateKey: Sensitive<string> | null;
}

export const createRoot = changeOperation<CreateRootInput, Prospect, CreateRootOutput>({
  name: "pki-root.create",

  locate: async ({ rootCAPath }, context) => locateProspect(rootCAPath, context),

  /** It lives as long as what it signs may at most (DSV, "Generate a Signing Certificate"). */
  async work(input, prospect, context) {
    const domains = domainsOf(input.domains);
    checkHours(input.maxTTL, "maxTTL");
    if (input.crl !== undefined) checkCrlUrl(input.crl);
    const subject = subjectOf(input);
    await assertMayKeep(prospect, context);
    const pem = await generateKey(KEY_SPEC);
    const privateKey = readPrivateKey(pem);
    const { now } = context;
    const certificate = await issueRoot(
      subject,
      { publicKey: publicKeyOf(privateKey), privateKey },
      { notBefore: wholeSeconds(now - BACKDATED_MS), notAfter: hoursFrom(now, input.maxTTL) },
    );
    return { ...input, domains, made: { certificate, privateKey: pem } };
  },

  async run({ made, ...terms }, located, context) {
    invariant(made !== undefined, "an authority is made before it is kept");
    const { subject: prospect } = located;
    const key = createPrivateKey(made.privateKey.reveal());
    const { certificate } = made;
    const [{ serialNumber } = { serialNumber: "" }] = readCertificates(certificate, "certificate");
    const kept = await keepRoot(prospect, { ...terms, certificate, key, serialNumber }, context);
    const input = { id: prospect.id };
    const cannotRead = context.judge({ permission: "secret.read", located, input });
    return { ...kept, privateKey: cannotRead ? null : keyInBase64(key) };
  },
});
