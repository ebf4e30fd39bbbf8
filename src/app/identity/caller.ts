/** An identity as the record names it, from the credential that it used. */
import type { CredentialType, InitiatorType } from "../../audit/event.ts";
import { credentialId, type Credential, type Principal } from "../../identity/api-key.ts";
import type { TokenSession } from "../../identity/token-claims.ts";
import { isActingProfile, type TrustedProfile } from "../../identity/trusted-profile.ts";
import { isUserId } from "../../identity/user.ts";
import type { Identity } from "../call.ts";

export interface Acting {
  readonly credential: Credential;
  /** The trusted profile that is applied, if one is. */
  readonly profile: TrustedProfile | null;
  readonly session: TokenSession;
  readonly clientId: string;
}

/** Whoever acts, in a session. */
export function callerOf({ credential, profile, session, clientId }: Acting): Identity {
  const identity = identityBehind(credential, profile);
  return { ...identity, session: { id: session.id, isKept: session.isKept }, clientId };
}

/**
 * Whoever a credential stands for; of a trusted profile also who applies it, as IBM's events have it
 * (`initiator.authnId`).
 */
export function identityBehind(
  credential: Credential,
  profile: TrustedProfile | null = null,
): Identity {
  const { owner } = credential;
  const acting = profile ?? owner;
  return {
    kind: "identity",
    id: acting.iamId,
    name: nameOf(acting),
    account: acting.account,
    typeURI: initiatorTypeOf(acting.iamId),
    credentialType: credentialTypeOf(credential),
    credentialId: credentialId(credential),
    ...(profile ? { authnId: owner.iamId, authnName: nameOf(owner) } : {}),
  };
}

/** A person goes by the e-mail address, which is unique in the account, as in IBM's events. */
export function nameOf(owner: Principal): string {
  return owner.kind === "user" ? owner.email : owner.name;
}

export function initiatorTypeOf(iamId: string): InitiatorType {
  if (isActingProfile(iamId)) return "service/security/account/profile";
  return isUserId(iamId) ? "service/security/account/user" : "service/security/account/serviceid";
}

function credentialTypeOf({ key, owner }: Credential): CredentialType {
  if (!key) return "user";
  return owner.kind === "user" ? "apikey" : "apikey-serviceid";
}
