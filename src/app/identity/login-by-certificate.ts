/** The second half of logging in with a certificate: the challenge, read by whoever has the key. */
import { loginRefusal, type LoginFault } from "../../identity/api-key.ts";
import { isAnswered, type CertificateChallenge } from "../../identity/certificate-challenge.ts";
import { afterSuccess, noCredentials } from "../../identity/user-credentials.ts";
import type { User } from "../../identity/user.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";
import { failed, succeeded, type CertificateLogin, type Failing, type Login } from "./login.ts";
import { factorSentences, secondFactor } from "./login-by-password.ts";
import { vouchedCertificate, type VouchedCertificate } from "./vouched-certificate.ts";

const OPERATION = "certificate.login";

/** What was vouched for when the challenge was given out has to be so still. */
export async function locateByCertificate<Store extends View>(
  input: CertificateLogin,
  context: Context<Store>,
): Promise<Located<Login>> {
  const { store, call, now } = context;
  const challenge = await store.logins.certificateChallenge(input.challengeId.reveal());
  if (!challenge || challenge.account !== call.place.account || challenge.expiresAt <= now) {
    return refused("bad-challenge");
  }
  const consequences = { challenged: challenge.id };
  if (!isAnswered(challenge, input.answer)) return refused("bad-challenge", { consequences });
  const vouched = await vouchedNow(challenge, context);
  if (typeof vouched === "string") {
    return refused("certificate-not-known", { consequences, fault: vouched });
  }
  const { user } = vouched;
  const credential = { key: null, owner: user } as const;
  if (user.state !== "active") {
    return refused("certificate-not-known", { consequences, credential, fault: "owner-disabled" });
  }
  return withSecondFactor(input, { challenge, vouched }, context);
}

async function vouchedNow<Store extends View>(
  { account, provider: id, certificates }: CertificateChallenge,
  { store, now }: Context<Store>,
): Promise<VouchedCertificate | string> {
  const provider = await store.logins.identityProvider(account, id);
  return vouchedCertificate(certificates, provider ? [provider] : [], { store, now });
}

/** A key is a factor, and whose word an authority's is: `TOTP4ALL` asks for a code all the same. */
async function withSecondFactor<Store extends View>(
  input: CertificateLogin,
  {
    challenge,
    vouched: { user, certificate, provider },
  }: { readonly challenge: CertificateChallenge; readonly vouched: VouchedCertificate },
  context: Context<Store>,
): Promise<Located<Login>> {
  const credential = { key: null, owner: user } as const;
  const settings = await context.store.identity.settings(user.account);
  const credentials = await credentialsOf(user, context.store);
  const guessed = { user, credentials };
  const isAsked = settings.mfa === "TOTP4ALL";
  const factor = isAsked ? await secondFactor({ ...guessed, settings }, input, context) : null;
  if (factor && "fault" in factor) {
    const isGuess = factor.fault === "bad-second-factor";
    const consequences = { challenged: challenge.id, ...(isGuess ? { guessed } : {}) };
    const refusal = loginRefusal(factor.fault, factorSentences[factor.fault]);
    return failed(OPERATION, refusal, { credential, attacked: user, consequences });
  }
  const after = factor && { ...afterSuccess(credentials), ...factor };
  const { realm } = provider;
  const { serialNumber } = certificate;
  return succeeded(
    OPERATION,
    {
      kind: "good",
      credential,
      profile: null,
      going: null,
      realm,
      spent: { kind: "challenge", id: challenge.id, after },
    },
    { ...context, clientId: input.client_id, facts: { realm_name: realm, serialNumber } },
  );
}

async function credentialsOf({ account, iamId }: User, { logins }: View) {
  return (await logins.userCredentials(account, iamId)) ?? noCredentials(account, iamId);
}

const sentences = {
  "bad-challenge": "There is no such challenge, or this is not what it says: ask for another one.",
  "certificate-not-known": "The certificate is nobody's who may log in with one here.",
} as const satisfies Partial<Record<LoginFault, string>>;

function refused(reason: keyof typeof sentences, failing: Failing = {}): Located<Login> {
  return failed(OPERATION, loginRefusal(reason, sentences[reason]), failing);
}
