/** From an `Authorization` header to a caller: what every dialect does with a bearer token. */
import { credentialRefusal } from "../../identity/api-key.ts";
import type { KnownToken } from "../../identity/token-claims.ts";
import type { TokenIssuer } from "../../identity/tokens.ts";
import type { Clock } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Anonymous, Caller } from "../call.ts";
import type { State } from "../state.ts";
import { callerOf, initiatorTypeOf } from "./caller.ts";

export interface AuthenticationPorts {
  readonly state: State;
  readonly tokens: TokenIssuer;
  readonly clock: Clock;
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
  { state, tokens, clock }: AuthenticationPorts,
): Promise<Caller> {
  if (authorization === undefined) return { kind: "anonymous", refusal: null };
  const offered = BEARER.exec(authorization)?.[1];
  if (offered === undefined)
    return refused("The Authorization header does not hold a bearer token.");
  const now = clock.now();
  const checked = await tokens.verify(offered, now);
  if (checked.kind === "refused") {
    return { kind: "anonymous", refusal: checked.refusal, ...claimOf(checked.token) };
  }
  const { token } = checked;
  const credential = await state.read((view) => view.identity.credential(token.credentialId));
  if (credential?.owner.iamId !== token.iamId || credential.owner.account !== token.account) {
    return refused("The API key behind the access token, or its owner, no longer exists.", token);
  }
  const refusal = credentialRefusal(credential, now);
  return refusal ? { kind: "anonymous", refusal, ...claimOf(token) } : callerOf(credential);
}

function refused(sentence: string, token?: KnownToken): Anonymous {
  const refusal = new Refusal("unauthenticated", sentence);
  return { kind: "anonymous", refusal, ...claimOf(token) };
}

function claimOf(token: KnownToken | undefined): Pick<Anonymous, "claimed"> {
  if (!token) return {};
  return { claimed: { id: token.iamId, typeURI: initiatorTypeOf(token.iamId) } };
}
