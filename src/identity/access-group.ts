/** Access groups: identities that are given roles together. Members are added by hand, or gained by a rule at login. */
import { isUuid, randomId } from "../kernel/ids.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Condition } from "./claims.ts";

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

export type MemberKind = "user" | "service" | "profile";

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
