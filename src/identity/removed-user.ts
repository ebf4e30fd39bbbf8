/** What is kept of users beside their store: their versions, and those that were deleted and can be had back. */
import type { Belongings } from "./belongings.ts";
import type { FederatedLink } from "./identity-provider.ts";
import { recoverableKind } from "./recoverable.ts";
import type { UserCredentials } from "./user-credentials.ts";
import type { User } from "./user.ts";

/** What a version of a user says. */
export interface ShownUserVersion {
  readonly email: string;
  readonly name: string;
  readonly state: User["state"];
  /** The name of the identity provider that vouches for the user; empty where none does. */
  readonly provider: string;
  /** The subject that the provider knows the user as, once that is known. */
  readonly externalId: string;
}

export interface UserParts {
  readonly user: User;
  readonly credentials: KeptCredentials | null;
  readonly links: readonly FederatedLink[];
  readonly belongings: Belongings;
}

/** As JSON: the key of the second factor, sealed as it is, in Base64. */
export interface KeptCredentials extends Omit<UserCredentials, "totp"> {
  readonly totp: string | null;
}

/** An item's id is the IAM id, its name what the user logs in with. */
export const USER = recoverableKind<ShownUserVersion, UserParts>("user");

export function asKept(credentials: UserCredentials): KeptCredentials {
  const { totp } = credentials;
  return { ...credentials, totp: totp && Buffer.from(totp).toString("base64") };
}

export function fromKept(kept: KeptCredentials): UserCredentials {
  const { totp } = kept;
  return { ...kept, totp: totp === null ? null : new Uint8Array(Buffer.from(totp, "base64")) };
}
