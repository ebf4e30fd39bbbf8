/**
 * Whom a trusted profile trusts: identities by their id, and people by what an identity provider said of them when they
 * logged in. What would prove that a call comes from a compute resource has to be configured, and is not served: links,
 * rules of type `Profile-CR` and identities of kind `crn` are kept and shown, and let nobody in.
 */
import { meetsAll, type Claims } from "../../identity/claims.ts";
import type { Credential } from "../../identity/api-key.ts";
import type { ProfileReader } from "../../identity/profile-store.ts";
import type { Session, SessionOrigin } from "../../identity/session.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";

/** What an identity provider vouches for at a login. */
export interface Vouched {
  readonly realm: string;
  readonly claims: Claims;
}

/** The ids of the profiles of an account that have a rule for the realm all of whose conditions the claims meet. */
export async function profilesByClaims(
  account: string,
  { realm, claims }: Vouched,
  reader: ProfileReader,
): Promise<readonly string[]> {
  const rules = await reader.profileRulesOfRealm(account, realm);
  const met = rules.filter(
    ({ type, conditions }) => type === "Profile-SAML" && meetsAll(conditions, claims),
  );
  return [...new Set(met.map(({ profile }) => profile))];
}

/**
 * The profiles that a session hands on to one that comes out of it: those of which nothing has been taken away since its
 * claims were looked at. By its own age the new session would seem to have been told later.
 */
export async function stillByClaims(
  { profilesByClaims: told, startedAt }: SessionOrigin,
  account: string,
  reader: ProfileReader,
): Promise<readonly string[]> {
  const still: string[] = [];
  for (const id of told) {
    const profile = await reader.profile(account, id);
    if (profile && startedAt >= profile.sessionsSince) still.push(id);
  }
  return still;
}

export interface Applying {
  readonly profile: TrustedProfile;
  /** Of whoever wants to act as the profile. */
  readonly credential: Credential;
  /** The session in which they ask for it; null for who brings an API key, or a token of no session that is kept. */
  readonly session: Session | null;
}

/** What a profile's trust is worth to who has it. */
export interface Trust {
  /** How long a session by it may last at most; null where the profile does not say. */
  readonly lifetimeS: number | null;
}

/**
 * The trust that a profile has in whoever asks, or undefined. Who acts as one profile is not thereby trusted by
 * another: trust is in who logged in, not in what they have become.
 */
export async function trustIn(
  applying: Applying,
  reader: ProfileReader,
): Promise<Trust | undefined> {
  const { profile, credential, session } = applying;
  const { account, kind, iamId } = credential.owner;
  if (account !== profile.account) return undefined;
  const becomes = session?.profile ?? profile.id;
  if (becomes !== profile.id) return undefined;
  const trusted = await reader.profilesTrusting(account, iamId);
  if (trusted.some((one) => one.profile === profile.id && one.kind === kind)) {
    return { lifetimeS: null };
  }
  return session ? trustByClaims(profile, session, reader) : undefined;
}

/**
 * The claims of a login are not kept, only which profiles they were enough for. Once any of a profile's trust has been
 * taken away they have to be looked at again, and so does who logged in before: in a new login. Which of several rules
 * was met is not kept either; the shortest of the times they give is right for each.
 */
async function trustByClaims(
  profile: TrustedProfile,
  session: Session,
  reader: ProfileReader,
): Promise<Trust | undefined> {
  if (!session.profilesByClaims.includes(profile.id)) return undefined;
  if (session.startedAt < profile.sessionsSince) return undefined;
  const rules = (await reader.profileRules(profile.account, profile.id)).filter(
    ({ type, realm }) => type === "Profile-SAML" && realm === session.realm,
  );
  if (rules.length === 0) return undefined;
  return { lifetimeS: Math.min(...rules.map(({ expirationS }) => expirationS)) };
}
