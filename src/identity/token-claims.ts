/** What an access token says: the claims of IBM's IAM tokens, and those of ours by which a later call is judged. */
import type { Millis } from "../kernel/clock.ts";
import { randomId } from "../kernel/ids.ts";
import { credentialId, type Credential, type CredentialOwner } from "./api-key.ts";
import type { TrustedProfile } from "./trusted-profile.ts";
import { HOME_REALM } from "./user.ts";

/** IBM's lifetime of an access token; its clients renew at four fifths of it. */
export const ACCESS_TOKEN_LIFETIME_S = 3_600;
export const TOKEN_SCOPE = "ibm openid";

/** Private claims (RFC 7519, section 4.3): what the session was opened with, and which session it is. */
const CREDENTIAL_CLAIM = "keytrail_credential";
const SESSION_CLAIM = "keytrail_session";

/** Who a token is for: whoever logged in, or a trusted profile that they apply. */
export interface TokenSubject {
  readonly credential: Credential;
  readonly profile: TrustedProfile | null;
}

/** The session that a token belongs to. One that is not kept has no row in the state: nothing but time ends it. */
export interface TokenSession {
  readonly id: string;
  readonly beganAt: Millis;
  readonly isKept: boolean;
}

export interface TokenTerms {
  readonly session: TokenSession;
  readonly clientId: string;
  readonly grantType: string;
  readonly now: Millis;
  readonly lifetimeS: number;
  /** What `sub` says, where it is not the name that IBM's tokens have for whoever it is: `users:bob`. */
  readonly subject?: string | undefined;
}

export interface TokenClaims {
  readonly iam_id: string;
  readonly id: string;
  readonly realmid: string;
  readonly identifier: string;
  readonly name: string;
  readonly email?: string;
  readonly sub: string;
  readonly sub_type?: "ServiceId" | "Profile";
  /** Of a trusted profile: who applies it. */
  readonly authn?: { readonly sub: string; readonly iam_id: string; readonly name: string };
  readonly account: { readonly valid: true; readonly bss: string; readonly frozen: true };
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly grant_type: string;
  readonly scope: string;
  readonly client_id: string;
  readonly acr: 1;
  readonly amr: readonly ["pwd"];
  readonly [CREDENTIAL_CLAIM]: string;
  readonly [SESSION_CLAIM]: TokenSession;
}

export function claimsOf({ credential, profile }: TokenSubject, terms: TokenTerms): TokenClaims {
  const { owner } = credential;
  const iat = Math.floor(terms.now / 1_000);
  return {
    ...(profile ? profileClaims(profile, owner) : ownerClaims(owner)),
    ...(terms.subject === undefined ? {} : { sub: terms.subject }),
    account: { valid: true, bss: owner.account, frozen: true },
    iat,
    exp: iat + terms.lifetimeS,
    jti: randomId(),
    grant_type: terms.grantType,
    scope: TOKEN_SCOPE,
    client_id: terms.clientId,
    acr: 1,
    amr: ["pwd"],
    [CREDENTIAL_CLAIM]: credentialId(credential),
    [SESSION_CLAIM]: terms.session,
  };
}

type NamingClaims = Pick<
  TokenClaims,
  "iam_id" | "id" | "realmid" | "identifier" | "name" | "email" | "sub" | "sub_type" | "authn"
>;

function ownerClaims(owner: CredentialOwner): NamingClaims {
  const { iamId } = owner;
  if (owner.kind === "user") {
    const { realm, name, email } = owner;
    const identifier = realm === HOME_REALM ? iamId.slice("IBMid-".length) : email;
    return { iam_id: iamId, id: iamId, realmid: realm, identifier, name, email, sub: email };
  }
  const { id, name } = owner;
  return {
    iam_id: iamId,
    id: iamId,
    realmid: "iam",
    identifier: id,
    name,
    sub: id,
    sub_type: "ServiceId",
  };
}

function profileClaims({ id, iamId, name }: TrustedProfile, owner: CredentialOwner): NamingClaims {
  const { sub } = ownerClaims(owner);
  return {
    iam_id: iamId,
    id: iamId,
    realmid: "iam",
    identifier: id,
    name,
    sub: id,
    sub_type: "Profile",
    authn: { sub, iam_id: owner.iamId, name: owner.name },
  };
}

/** What a later call needs of a token that was found genuine. */
export interface KnownToken {
  /** Who acts: a user, a service ID, or the trusted profile that one of them applies. */
  readonly iamId: string;
  readonly account: string;
  readonly credentialId: string;
  readonly session: TokenSession;
  readonly clientId: string;
  readonly grantType: string;
  readonly expiresAt: Millis;
}

/** Undefined when a claim is missing: a token of this key, but of another version of this program. */
export function knownTokenOf(claims: Readonly<Record<string, unknown>>): KnownToken | undefined {
  const { iam_id: iamId, account, exp, client_id: clientId, grant_type: grantType } = claims;
  const credential = claims[CREDENTIAL_CLAIM];
  const session = claims[SESSION_CLAIM];
  const bss =
    typeof account === "object" && account !== null && "bss" in account ? account.bss : undefined;
  if (
    typeof iamId !== "string" ||
    typeof bss !== "string" ||
    typeof exp !== "number" ||
    typeof clientId !== "string" ||
    typeof grantType !== "string" ||
    typeof credential !== "string" ||
    !isSession(session)
  ) {
    return undefined;
  }
  const expiresAt = exp * 1_000;
  return { iamId, account: bss, credentialId: credential, session, clientId, grantType, expiresAt };
}

function isSession(value: unknown): value is TokenSession {
  if (typeof value !== "object" || value === null) return false;
  const { id, beganAt, isKept } = value as Partial<TokenSession>;
  return typeof id === "string" && typeof beganAt === "number" && typeof isKept === "boolean";
}
