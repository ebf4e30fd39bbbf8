/** From an `Authorization` header to a caller: what every dialect does with a bearer token. */
import { credentialRefusal, hasEndedSince } from "../../identity/api-key.ts";
import type { CredentialKeeper } from "../../identity/credentials.ts";
import type { KnownToken, TokenSession } from "../../identity/token-claims.ts";
import type { TokenIssuer, Verification } from "../../identity/tokens.ts";
import type { Clock, Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Anonymous, Caller } from "../call.ts";
import type { State, View } from "../state.ts";
import { callerOf, initiatorTypeOf, type Acting } from "./caller.ts";
import { standingOf, standingRefusal } from "./standing.ts";

export interface AuthenticationPorts {
  readonly state: State;
  readonly tokens: TokenIssuer;
  readonly clock: Clock;
}

export interface CookiePorts extends Pick<AuthenticationPorts, "state" | "clock"> {
  readonly credentials: CredentialKeeper;
}

/** The last header that came over a connection with a genuine token in it, and that token. */
interface HeldToken {
  readonly authorization: string;
  readonly token: KnownToken;
  /** Who it was found to stand for, under which stamp of the identities, and until when no time ends it. */
  standing?: { readonly caller: Caller; readonly stamp: string; readonly until: Millis };
}

/** RFC 6750, section 2.1: the scheme in any case, one space or more, one token of the base64url alphabet and dots. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

/**
 * Who a request's credential says it is. The token must be genuine, and what it was got with must still be good
 * *now*: a session ends in the moment its API key, service ID or user is deleted or disabled. Never throws a
 * Refusal; `claimed` is set only where the signature was good.
 */
export async function authenticateBearer(
  authorization: string | undefined,
  ports: AuthenticationPorts,
): Promise<Caller> {
  if (authorization === undefined) return { kind: "anonymous", refusal: null };
  const now = ports.clock.now();
  return callerBehind(await verify(authorization, ports.tokens, now), ports.state, now);
}

/**
 * The same for requests that come one after the other over connections: nearly all repeat the header of the one
 * before, and while nothing about any identity has changed, whoever it stood for then it stands for now. The header is
 * held no longer than its connection.
 */
export function authenticateOverConnections(
  ports: AuthenticationPorts,
): (authorization: string | undefined, connection: object) => Promise<Caller> {
  const { state, tokens, clock } = ports;
  const heldBy = new WeakMap<object, HeldToken>();
  return async (authorization, connection) => {
    if (authorization === undefined) return { kind: "anonymous", refusal: null };
    const now = clock.now();
    const held = heldBy.get(connection);
    if (held?.authorization === authorization) return stillBehind(held, ports, now);
    const verified = await verify(authorization, tokens, now);
    if (verified.kind === "genuine") heldBy.set(connection, { authorization, ...verified });
    return callerBehind(verified, state, now);
  };
}

async function stillBehind(
  held: HeldToken,
  { tokens, state }: AuthenticationPorts,
  now: Millis,
): Promise<Caller> {
  // Before anything is looked up: what changes meanwhile then shows in the next stamp.
  const stamp = await state.read(({ identity }) => identity.stamp());
  const { standing, token } = held;
  if (standing?.stamp === stamp && standing.until > now) return standing.caller;
  const caller = await callerBehind(tokens.verifyAgain(token, now), state, now);
  if (caller.kind === "identity") {
    held.standing = { caller, stamp, until: await untilOf(token, state) };
  }
  return caller;
}

/** When the token, its credential or its session ends if nothing is changed. */
async function untilOf(
  { credentialId, session: { id, isKept }, expiresAt }: KnownToken,
  state: State,
): Promise<Millis> {
  return state.read(async ({ identity, logins }) => {
    const key = (await identity.credential(credentialId))?.key;
    const session = isKept ? await logins.session(id) : undefined;
    return Math.min(expiresAt, key?.expiresAt ?? Infinity, session?.endsAt ?? Infinity);
  });
}

/**
 * Who a browser's cookie says it is: good as long as its session is. For the few pages that a browser asks for by
 * itself; everything else takes an access token, which no other site can have sent along.
 */
export async function authenticateCookie(
  cookie: Sensitive<string>,
  { state, clock, credentials }: CookiePorts,
): Promise<Caller> {
  const now = clock.now();
  const hash = credentials.hashOfCookie(cookie);
  return state.read(async (view) => {
    const token = hash === undefined ? undefined : await view.logins.refreshToken(hash);
    const standing = token && (await standingOf(token.session, view));
    if (!standing || token.expiresAt <= now) {
      return {
        kind: "anonymous",
        refusal: over("The identity cookie is not known: log in again."),
      };
    }
    const { session, credential } = standing;
    const refusal = standingRefusal(standing, now);
    if (refusal) {
      const { iamId } = credential.owner;
      const claimed = { id: iamId, typeURI: initiatorTypeOf(iamId) };
      return { kind: "anonymous", refusal, claimed };
    }
    const named = { id: session.id, beganAt: session.startedAt, isKept: true };
    return callerOf({ ...standing, session: named, clientId: session.clientId });
  });
}

async function verify(
  authorization: string,
  tokens: TokenIssuer,
  now: Millis,
): Promise<Verification> {
  const offered = BEARER.exec(authorization)?.[1];
  if (offered !== undefined) return tokens.verify(offered, now);
  const sentence = "The Authorization header does not hold a bearer token.";
  return { kind: "refused", refusal: new Refusal("unauthenticated", sentence) };
}

/** However its token was recognised, whether the bearer is still welcome is asked every time. */
async function callerBehind(verified: Verification, state: State, now: Millis): Promise<Caller> {
  const { token } = verified;
  if (verified.kind === "refused") {
    return { kind: "anonymous", refusal: verified.refusal, ...claimOf(token) };
  }
  const found = await state.read((view) => actingBy(verified.token, view, now));
  if (!(found instanceof Refusal)) return callerOf(found);
  return { kind: "anonymous", refusal: found, ...claimOf(token) };
}

/** What a genuine token still stands for, or why it stands for nothing any more. */
export async function actingBy(
  token: KnownToken,
  view: View,
  now: Millis,
): Promise<Acting | Refusal> {
  const { iamId, account, session, clientId } = token;
  const credential = await view.identity.credential(token.credentialId);
  if (!credential || credential.owner.account !== account) {
    return over("The credential behind the access token, or its owner, no longer exists.");
  }
  const refusal = credentialRefusal(credential, now);
  if (refusal) return refusal;
  const { owner } = credential;
  if (hasEndedSince(credential, session.beganAt)) return sessionOver();
  if (!(await isGoing(session, view, now))) return sessionOver();
  if (owner.iamId === iamId) return { credential, profile: null, session, clientId };
  const profile = await view.identity.principal(account, iamId);
  if (profile?.kind !== "profile") return over("The trusted profile no longer exists.");
  if (session.beganAt < profile.sessionsSince) return sessionOver();
  return { credential, profile, session, clientId };
}

/** A session with a row must have it still; of one without, there is a row only if somebody logged out of it. */
async function isGoing({ id, isKept }: TokenSession, view: View, now: Millis): Promise<boolean> {
  if (!isKept) return !(await view.logins.hasEnded(id));
  const session = await view.logins.session(id);
  return session !== undefined && !session.isEnded && session.endsAt > now;
}

const sessionOver = (): Refusal => over("The session of the access token is over: log in again.");

function over(sentence: string): Refusal {
  return new Refusal("unauthenticated", sentence);
}

function claimOf(token: KnownToken | undefined): Pick<Anonymous, "claimed"> {
  if (!token) return {};
  return { claimed: { id: token.iamId, typeURI: initiatorTypeOf(token.iamId) } };
}
