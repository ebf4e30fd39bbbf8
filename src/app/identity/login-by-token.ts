/** Going on with a session: by its refresh token, which each use replaces, or by the cookie that a browser holds. */
import { loginRefusal, type LoginFault } from "../../identity/api-key.ts";
import { accountRefusal, refreshRefusal, type RefreshToken } from "../../identity/refresh-token.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";
import {
  failed,
  succeeded,
  type CookieLogin,
  type Login,
  type RefreshLogin,
  type Spent,
} from "./login.ts";
import { standingOf, standingRefusal, type Standing } from "./standing.ts";

/** A refresh is a login of whoever the session acts as: of a trusted profile, it is the profile's. */
export async function locateByRefresh<Store extends View>(
  input: RefreshLogin,
  context: Context<Store>,
): Promise<Located<Login>> {
  const { capabilities, now } = context;
  const hash = capabilities.credentials.hashOfRefreshToken(input.refreshToken);
  const { token, standing } = await held(hash, context);
  if (!token || !standing) {
    // Deleted with its credential, dropped with its session, expired long ago, or never there: all the same now.
    const sentence = "The refresh token is not known.";
    return failed("refreshtoken.login", loginRefusal("unknown-refresh-token", sentence));
  }
  const { session, credential, profile } = standing;
  const operation = session.profile === null ? "refreshtoken.login" : "profile.login";
  const refusal =
    refreshRefusal(token, { clientId: input.client_id, now }) ??
    accountRefusal(token, input.account) ??
    standingRefusal(standing, now);
  if (refusal) {
    const isReplayed = refusal.details["reason"] === ("refresh-token-used" satisfies LoginFault);
    const consequences = isReplayed ? { replayed: { session, credential } } : {};
    return failed(operation, refusal, { credential, consequences });
  }
  return succeeded(
    operation,
    { kind: "good", credential, profile, going: session, spent: spentBy(input, token) },
    { ...context, clientId: input.client_id, facts: profileFacts(standing) },
  );
}

function spentBy({ slides, refreshToken: value }: RefreshLogin, token: RefreshToken): Spent {
  return slides ? { kind: "sliding-token", token, value } : { kind: "refresh-token", token };
}

/** The cookie stays what it is; the session that it belongs to has a while longer to lie still. */
export async function locateByCookie<Store extends View>(
  { cookie }: CookieLogin,
  context: Context<Store>,
): Promise<Located<Login>> {
  const { capabilities, now } = context;
  const { token, standing } = await held(capabilities.credentials.hashOfCookie(cookie), context);
  const operation = "identitycookie.login";
  if (!token || !standing || token.expiresAt <= now) {
    const refusal = loginRefusal("bad-cookie", "The identity cookie is not known: log in again.");
    return failed(operation, refusal, standing);
  }
  const { session, credential, profile } = standing;
  const refusal = standingRefusal(standing, now);
  if (refusal) return failed(operation, refusal, { credential });
  // Whatever program brings it: the session is the browser's.
  const { clientId } = session;
  return succeeded(
    operation,
    { kind: "good", credential, profile, going: session, spent: { kind: "cookie", token } },
    { ...context, clientId, facts: { client_id: clientId } },
  );
}

interface Held {
  readonly token: RefreshToken | undefined;
  readonly standing: Standing | undefined;
}

async function held<Store extends View>(
  hash: string | undefined,
  { store }: Context<Store>,
): Promise<Held> {
  const token = hash === undefined ? undefined : await store.logins.refreshToken(hash);
  return { token, standing: token && (await standingOf(token.session, store)) };
}

function profileFacts({ profile }: Standing): object {
  return profile ? { profile_id: profile.id } : {};
}
