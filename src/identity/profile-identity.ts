/** The identities that a trusted profile trusts by their ids. */
import { hash } from "node:crypto";
import { Refusal } from "../kernel/errors.ts";
import { isCrn } from "./profile-link.ts";
import { actingIdOf, isActingServiceId, isServiceId } from "./service-id.ts";
import type { ProfileIdentity, ProfileIdentityKind } from "./trusted-profile.ts";
import { isUserId } from "./user.ts";

/** Which identity: of one kind, by the IAM id of a user or a service ID, or by a CRN. */
export type IdentityRef = Pick<ProfileIdentity, "kind" | "identifier">;

/**
 * Refuses what is no id of its kind, so that nothing else is looked for or recorded. A service ID may be given by
 * either of its ids.
 */
export function checkedIdentity(kind: ProfileIdentityKind, given: string): IdentityRef {
  const identifier = kind === "serviceid" && isServiceId(given) ? actingIdOf(given) : given;
  if (isOfKind[kind](identifier)) return { kind, identifier };
  const sentence = `\`identifier\` must be ${forms[kind]}.`;
  throw new Refusal("invalid_request", sentence, { field: "identifier" });
}

const isOfKind: Readonly<Record<ProfileIdentityKind, (identifier: string) => boolean>> = {
  user: isUserId,
  serviceid: isActingServiceId,
  crn: isCrn,
};

const forms: Readonly<Record<ProfileIdentityKind, string>> = {
  user: "the IAM id of a user",
  serviceid: "the id of a service ID",
  crn: "a Cloud Resource Name",
};

export function isSameIdentity(one: IdentityRef, other: IdentityRef): boolean {
  return one.kind === other.kind && one.identifier === other.identifier;
}

/** The tag of the list as a whole: it differs whenever the list does, and nothing needs to be kept for it. */
export function identitiesTag(identities: readonly ProfileIdentity[]): string {
  const listed = identities.map((one) => [
    one.kind,
    one.identifier,
    one.description,
    one.createdAt,
    one.createdBy,
  ]);
  return `1-${hash("sha256", JSON.stringify(listed), "hex").slice(0, 32)}`;
}
