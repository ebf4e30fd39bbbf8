/** Logging in as a trusted profile: whoever it trusts applies it, and from then on acts as the profile. */
import { credentialRefusal, loginRefusal, type Credential } from "../../identity/api-key.ts";
import type { Session, SessionOrigin } from "../../identity/session.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context, Located } from "../operation.ts";
import { trustIn } from "../profiles/trust.ts";
import type { View } from "../state.ts";
import { actingBy } from "./authenticate.ts";
import { failed, succeeded, type AssumeLogin, type Login } from "./login.ts";
import { credentialOfKey, unknownKey } from "./login-by-key.ts";

const OPERATION = "profile.login";

/** Who asks for it. */
interface Applying {
  readonly credential: Credential;
  /** The session whose token was brought, if it has a row. */
  readonly session: Session | null;
  /** The same; one without a row is over when its token is. */
  readonly from: SessionOrigin | null;
}

/** A profile that is not there and one that does not trust the caller are refused alike. */
export async function locateByAssume<Store extends View>(
  input: AssumeLogin,
  context: Context<Store>,
): Promise<Located<Login>> {
  const { store } = context;
  const applying = await applyingBy(input, context);
  if (applying instanceof Refusal) return failed(OPERATION, applying);
  const { credential, session, from } = applying;
  const refusal = credentialRefusal(credential, context.now);
  if (refusal) return failed(OPERATION, refusal, { credential });
  const profile = await profileOf(input, credential.owner.account, store);
  const applied = profile && { profile, credential, session };
  const trust = applied && (await trustIn(applied, store.profiles));
  if (!profile || !trust) {
    const sentence = "There is no such trusted profile, or it does not trust whoever asks for it.";
    return failed(OPERATION, loginRefusal("profile-not-applicable", sentence), { credential });
  }
  return succeeded(
    OPERATION,
    { kind: "good", credential, profile, going: null, from, lifetimeS: trust.lifetimeS },
    { ...context, clientId: input.client_id, facts: { profile_id: profile.id } },
  );
}

async function applyingBy<Store extends View>(
  { by }: AssumeLogin,
  context: Context<Store>,
): Promise<Applying | Refusal> {
  const { store, capabilities, now } = context;
  if ("apiKey" in by) {
    const credential = await credentialOfKey(by.apiKey, context);
    return credential ? { credential, session: null, from: null } : unknownKey();
  }
  const verified = await capabilities.tokens.verify(by.accessToken.reveal(), now);
  if (verified.kind === "refused") return badToken(verified.refusal);
  const acting = await actingBy(verified.token, store, now);
  if (acting instanceof Refusal) return badToken(acting);
  if (acting.profile) {
    const sentence = "A trusted profile does not apply another one.";
    return loginRefusal("profile-not-applicable", sentence);
  }
  const { id, beganAt: startedAt, isKept } = acting.session;
  const session = isKept ? ((await store.logins.session(id)) ?? null) : null;
  const { expiresAt: endsAt } = verified.token;
  const from = session ?? { id, startedAt, endsAt, profilesByClaims: [], realm: null };
  return { credential: acting.credential, session, from };
}

function badToken({ message }: Refusal): Refusal {
  return loginRefusal("bad-access-token", message);
}

/** In the account of whoever asks: trust ends where the account does. */
async function profileOf(
  { profile }: AssumeLogin,
  account: string,
  { profiles }: View,
): Promise<TrustedProfile | undefined> {
  if (profile.account !== undefined && profile.account !== account) return undefined;
  return "id" in profile
    ? profiles.profile(account, profile.id)
    : profiles.profileByName(account, profile.name);
}
