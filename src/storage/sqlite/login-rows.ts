/** Rows of the login tables as the domain's values. */
import type {
  FederatedLink,
  IdentityProvider,
  LoginFlow,
  ProviderType,
} from "../../identity/identity-provider.ts";
import type { CertificateChallenge } from "../../identity/certificate-challenge.ts";
import type { RefreshToken } from "../../identity/refresh-token.ts";
import type { Session } from "../../identity/session.ts";
import type { Passcode } from "../../identity/passcode.ts";
import type { UserCredentials } from "../../identity/user-credentials.ts";
import type { Row } from "./database.ts";
import { bytesOrNull, flag, json, number, numberOrNull, text, textOrNull } from "./table.ts";

export function sessionOf(row: Row): Session {
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    iamId: text(row, "iam_id"),
    credentialId: text(row, "credential_id"),
    parent: textOrNull(row, "parent"),
    clientId: text(row, "client_id"),
    grantType: text(row, "grant_type"),
    profile: textOrNull(row, "profile"),
    profilesByClaims: json(row, "profiles_by_claims"),
    realm: textOrNull(row, "realm"),
    startedAt: number(row, "started_at"),
    endsAt: number(row, "ends_at"),
    isEnded: flag(row, "ended"),
  };
}

export function refreshTokenOf(row: Row): RefreshToken {
  return {
    hash: text(row, "hash"),
    session: text(row, "session"),
    clientId: text(row, "client_id"),
    account: text(row, "account"),
    expiresAt: number(row, "expires_at"),
    isUsed: flag(row, "used"),
  };
}

export function credentialsOf(row: Row): UserCredentials {
  return {
    account: text(row, "account"),
    iamId: text(row, "iam_id"),
    password: textOrNull(row, "password"),
    passwordSetAt: numberOrNull(row, "password_set_at"),
    totp: bytesOrNull(row, "totp"),
    isTotpConfirmed: flag(row, "totp_confirmed"),
    lastTotpStep: number(row, "last_totp_step"),
    failures: number(row, "failures"),
    lockedUntil: numberOrNull(row, "locked_until"),
  };
}

export function passcodeOf(row: Row): Passcode {
  return {
    hash: text(row, "hash"),
    account: text(row, "account"),
    iamId: text(row, "iam_id"),
    session: text(row, "session"),
    expiresAt: number(row, "expires_at"),
  };
}

export function providerOf(row: Row): IdentityProvider {
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    type: text(row, "type") as ProviderType,
    name: text(row, "name"),
    realm: text(row, "realm"),
    issuer: text(row, "issuer"),
    clientId: text(row, "client_id"),
    scopes: json(row, "scopes"),
    usernameClaim: textOrNull(row, "username_claim"),
    sendsWelcomeEmail: flag(row, "sends_welcome_email"),
    authority: textOrNull(row, "authority") === null ? null : json(row, "authority"),
    createsUsers: flag(row, "creates_users"),
    enabled: flag(row, "enabled"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
  };
}

export function linkOf(row: Row): FederatedLink {
  return {
    provider: text(row, "provider"),
    subject: text(row, "subject"),
    account: text(row, "account"),
    iamId: text(row, "iam_id"),
  };
}

export function flowOf(row: Row): LoginFlow {
  return {
    hash: text(row, "hash"),
    provider: text(row, "provider"),
    account: text(row, "account"),
    clientId: text(row, "client_id"),
    codeVerifier: text(row, "code_verifier"),
    nonce: text(row, "nonce"),
    returnTo: text(row, "return_to"),
    callback: textOrNull(row, "callback"),
    person: textOrNull(row, "person") === null ? null : json(row, "person"),
    expiresAt: number(row, "expires_at"),
  };
}

export function challengeOf(row: Row): CertificateChallenge {
  return {
    id: text(row, "id"),
    hash: text(row, "hash"),
    provider: text(row, "provider"),
    account: text(row, "account"),
    certificates: text(row, "certificates"),
    expiresAt: number(row, "expires_at"),
  };
}
