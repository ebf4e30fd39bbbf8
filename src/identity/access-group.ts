/** Access groups: identities that are given roles together. Members are added by hand, or gained by a rule at login. */
import { Refusal } from "../kernel/errors.ts";
import { isUuid, randomId } from "../kernel/ids.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Principal } from "./api-key.ts";
import { checkedConditions, type Condition, type GivenCondition } from "./claims.ts";
import { isActingServiceId } from "./service-id.ts";
import { bounded } from "./text.ts";
import { isActingProfile } from "./trusted-profile.ts";
import { isUserId } from "./user.ts";

export interface AccessGroup {
  readonly id: string;
  readonly account: string;
  /** One group of an account to a name, whatever its letter case. */
  readonly name: string;
  readonly description: string;
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
  readonly modifiedBy: string;
}

export const MEMBER_KINDS = ["user", "service", "profile"] as const;
export type MemberKind = (typeof MEMBER_KINDS)[number];

export interface Member {
  readonly account: string;
  readonly group: string;
  readonly iamId: string;
  readonly kind: MemberKind;
  /** The rule by which a login gave the membership; null when somebody added the member. */
  readonly rule: string | null;
  /** When a membership given by a rule ends; null for one that was added by hand. */
  readonly expiresAt: Millis | null;
  readonly createdAt: Millis;
  readonly createdBy: string;
}

/** A dynamic rule: whoever logs in by the realm with claims that meet every condition is a member for a while. */
export interface GroupRule {
  readonly id: string;
  readonly account: string;
  readonly group: string;
  readonly name: string;
  readonly realm: string;
  /** How long a membership lasts after the login that gave it. */
  readonly expirationHours: number;
  readonly conditions: readonly Condition[];
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
  readonly modifiedBy: string;
}

/** The group that every account has, of which every identity is a member while the account's setting says so. */
export const PUBLIC_ACCESS_GROUP = "AccessGroupId-PublicAccess";

/** IBM's limits (account, "IAM limits"). */
export const MAX_GROUPS_PER_ACCOUNT = 500;
export const MAX_RULES_PER_GROUP = 5;
export const MAX_MEMBERS_PER_GROUP = 10_000;
export const MAX_MEMBERS_PER_CALL = 50;
export const MAX_GROUPS_PER_MEMBER = 50;
/** IBM's bounds (Access Groups API, "Create an access group"). */
export const MAX_GROUP_NAME_CHARS = 100;
export const MAX_GROUP_DESCRIPTION_CHARS = 250;
export const MAX_REALM_CHARS = 1_024;
export const MIN_RULE_HOURS = 1;
export const MAX_RULE_HOURS = 24;

const GROUP_PREFIX = "AccessGroupId-";
const RULE_PREFIX = "ClaimRule-";

export function newAccessGroupId(): string {
  return `${GROUP_PREFIX}${randomId()}`;
}

export function isAccessGroupId(text: string): boolean {
  if (text === PUBLIC_ACCESS_GROUP) return true;
  return text.startsWith(GROUP_PREFIX) && isUuid(text.slice(GROUP_PREFIX.length));
}

export function newClaimRuleId(): string {
  return `${RULE_PREFIX}${randomId()}`;
}

export function isClaimRuleId(text: string): boolean {
  return text.startsWith(RULE_PREFIX) && isUuid(text.slice(RULE_PREFIX.length));
}

/** What may be a member: a user, a service ID or a trusted profile, by its IAM id. */
export function isMemberId(text: string): boolean {
  return isUserId(text) || isActingServiceId(text) || isActingProfile(text);
}

export function memberKindOf({ kind }: Principal): MemberKind {
  return kind === "serviceid" ? "service" : kind;
}

/** Whether the membership holds: one that was given by hand always, one by a rule until it ends. */
export function isInForce({ expiresAt }: Member, now: Millis): boolean {
  return expiresAt === null || expiresAt > now;
}

export function checkedGroupName(name: string): string {
  return bounded(name, { field: "name", min: 1, max: MAX_GROUP_NAME_CHARS });
}

/** By which names are compared: they differ by more than letter case, and by something that can be seen. */
export function groupNameKey(name: string): string {
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/\p{Cf}/gu, "")
    .trim();
}

export function checkedGroupDescription(description: string): string {
  return bounded(description, { field: "description", min: 0, max: MAX_GROUP_DESCRIPTION_CHARS });
}

/** A rule as somebody asks for it. */
export interface GivenRule {
  readonly name: string;
  readonly realm: string;
  readonly expirationHours: number;
  readonly conditions: readonly GivenCondition[];
}

/** What a rule says, in the form in which it is kept. A rule need not have a name. Throws `invalid_request`. */
export function checkedRule(
  given: GivenRule,
): Pick<GroupRule, "name" | "realm" | "expirationHours" | "conditions"> {
  const { expirationHours } = given;
  const isHours = Number.isSafeInteger(expirationHours);
  if (!isHours || expirationHours < MIN_RULE_HOURS || expirationHours > MAX_RULE_HOURS) {
    const sentence = `\`expiration\` must be a whole number of hours from ${MIN_RULE_HOURS} to ${MAX_RULE_HOURS}.`;
    throw new Refusal("invalid_request", sentence, { field: "expiration" });
  }
  return {
    name: bounded(given.name, { field: "name", min: 0, max: MAX_GROUP_NAME_CHARS }),
    realm: bounded(given.realm, { field: "realm_name", min: 1, max: MAX_REALM_CHARS }),
    expirationHours,
    conditions: checkedConditions(given.conditions),
  };
}
