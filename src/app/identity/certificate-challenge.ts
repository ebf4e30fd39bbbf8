/** The first half of logging in with a certificate: a challenge that only whoever has its key can read. */
import { constants, publicEncrypt } from "node:crypto";
import { operatorPlace } from "../../audit/crn.ts";
import { loginRefusal } from "../../identity/api-key.ts";
import { CHALLENGE_LIFETIME_MS, newChallenge } from "../../identity/certificate-challenge.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction } from "../state.ts";
import {
  vouchedCertificate,
  vouchingProviders,
  type CertificateFault,
  type VouchedCertificate,
} from "./vouched-certificate.ts";

export interface ChallengeInput {
  /** In PEM: the certificate, and those between it and the authority that vouches. */
  readonly certificates: string;
}

export interface Challenged {
  readonly id: string;
  /** RSA-OAEP with SHA-512, to the key of the certificate. */
  readonly encrypted: Sensitive<Uint8Array>;
  readonly serialNumber: string;
}

/**
 * Nobody is known yet: whoever has a certificate may show it. Recorded in the operator's own stream, as a federated login
 * that begins is.
 */
export const challengeCertificate = changeOperation<
  ChallengeInput,
  VouchedCertificate | Refusal,
  Challenged
>({
  name: "certificate-challenge.create",
  forAnyone: true,
  async locate({ certificates }, context) {
    const { store, call } = context;
    const providers = await vouchingProviders(call.place.account, store);
    const found = await vouchedCertificate(certificates, providers, context);
    return typeof found === "string" ? refused(found) : located(found);
  },
  async run({ certificates }, { subject }, { store, now }: Context<Transaction>) {
    if (subject instanceof Refusal) throw subject;
    const { certificate, provider } = subject;
    const { bytes, ...challenge } = newChallenge();
    await store.logins.forgetExpiredLogins(now);
    await store.logins.putCertificateChallenge({
      ...challenge,
      provider: provider.id,
      account: provider.account,
      certificates,
      expiresAt: now + CHALLENGE_LIFETIME_MS,
    });
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const key = { key: certificate.publicKey, padding, oaepHash: "sha512" };
    return {
      id: challenge.id,
      encrypted: new Sensitive(publicEncrypt(key, bytes)),
      serialNumber: certificate.serialNumber,
    };
  },
});

function located(subject: VouchedCertificate): Located<VouchedCertificate> {
  const { id, name, realm } = subject.provider;
  return {
    target: { place: operatorPlace(), kind: "identity-provider", id, name },
    resource: null,
    subject,
    facts: { realm_name: realm },
  };
}

function refused(fault: CertificateFault): Located<Refusal> {
  const sentence = "The certificate is nobody's who may log in with one here.";
  return {
    target: { place: operatorPlace(), kind: "", id: "", name: "login" },
    resource: null,
    subject: loginRefusal("certificate-not-known", sentence),
    facts: { fault },
  };
}
