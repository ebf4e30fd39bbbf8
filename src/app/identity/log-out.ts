/** Logging out: the session ends, and with it, at once, every token and cookie of it and all that came out of it. */
import { loginRefusal } from "../../identity/api-key.ts";
import type { Session } from "../../identity/session.ts";
import { ACCESS_TOKEN_LIFETIME_S } from "../../identity/token-claims.ts";
import { operatorPlace } from "../../audit/crn.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Identity } from "../call.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { callerOf } from "./caller.ts";
import { targetOf } from "./find.ts";
import { standingOf, standingRefusal } from "./standing.ts";

export interface LogOutInput {
  /** Of the session that is to end; without one, it is the session of the call. */
  readonly refreshToken?: Sensitive<string>;
}

export interface LoggedOut {
  readonly session: string;
  /** With those that came out of it. */
  readonly endedSessions: number;
  readonly apikeyId: string | undefined;
}

export type Leaving = { readonly caller: Identity } | { readonly refusal: Refusal };

/** What cannot be logged out of is refused like a login: it belongs to no account. */
export const logOut = changeOperation<LogOutInput, Leaving, LoggedOut>({
  name: "session.logout",
  forAnyone: true,
  async locate(input, context) {
    const leaving = await leavingBy(input, context);
    return "refusal" in leaving
      ? refusedLeaving(leaving.refusal)
      : locatedLeaving(leaving.caller, context);
  },
  async run(_input, { subject }, { store, now }) {
    if ("refusal" in subject) throw subject.refusal;
    const { caller } = subject;
    const { session, credentialId, credentialType } = caller;
    if (!session) throw new Refusal("conflict", "The call is part of no session.");
    await store.logins.forgetExpiredLogins(now);
    const endedSessions = session.isKept
      ? await store.logins.endSession(session.id)
      : await store.logins.putEndedSession(rememberedAs(session.id, caller, now));
    return {
      session: session.id,
      endedSessions,
      apikeyId: credentialType === "user" ? undefined : credentialId,
    };
  },
});

/** Whose session it is that the token, or the call, is of; or why it is nobody's. */
export async function leavingBy(
  { refreshToken }: LogOutInput,
  { store, caller, capabilities, now }: Context<Transaction>,
): Promise<Leaving> {
  if (refreshToken) {
    const hash = capabilities.credentials.hashOfRefreshToken(refreshToken);
    const token = hash === undefined ? undefined : await store.logins.refreshToken(hash);
    const standing = token && (await standingOf(token.session, store));
    if (!standing || token.isUsed) {
      const sentence = "The refresh token is not known.";
      return { refusal: loginRefusal("unknown-refresh-token", sentence) };
    }
    const refusal = standingRefusal(standing, now);
    if (refusal) return { refusal };
    const { session } = standing;
    const named = { id: session.id, beganAt: session.startedAt, isKept: true };
    return { caller: callerOf({ ...standing, session: named, clientId: session.clientId }) };
  }
  if (caller.kind === "identity") return { caller };
  return { refusal: new Refusal("unauthenticated", "The request carries no credential.") };
}

/** As whoever's session it is: that is who ends it. */
export function locatedLeaving(caller: Identity, { call }: Context<Transaction>): Located<Leaving> {
  const inItsAccount = { ...call, place: { ...call.place, account: caller.account } };
  const kind = KINDS[caller.typeURI] ?? "user";
  const id = kind === "user" ? caller.id : caller.id.replace(/^iam-/, "");
  return {
    target: targetOf(inItsAccount, { kind, id, name: caller.name }),
    resource: null,
    subject: { caller },
    caller,
    facts: { client_id: caller.clientId },
  };
}

const KINDS: Readonly<Record<string, "user" | "serviceid" | "profile">> = {
  "service/security/account/serviceid": "serviceid",
  "service/security/account/profile": "profile",
};

/** Recorded as a login that fails: it belongs to no account. */
export function refusedLeaving(refusal: Refusal): Located<Leaving> {
  return {
    target: { place: operatorPlace(), kind: "", id: "", name: "logout" },
    resource: null,
    subject: { refusal },
    caller: { kind: "anonymous", refusal },
    facts: { fault: refusal.details["reason"] },
  };
}

/** What is kept of a session that left no row: that it has ended, for as long as a token of it could be used. */
function rememberedAs(id: string, caller: Identity, now: number): Session {
  return {
    id,
    account: caller.account,
    iamId: caller.authnId ?? caller.id,
    credentialId: caller.credentialId,
    parent: null,
    clientId: caller.clientId ?? "",
    grantType: "",
    profile: null,
    profilesByClaims: [],
    realm: null,
    startedAt: now,
    endsAt: now + ACCESS_TOKEN_LIFETIME_S * 1_000,
    isEnded: true,
  };
}
