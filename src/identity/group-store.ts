/** The port to the access groups, their members and rules. */
import type { AccessGroup, GroupRule, Member, MemberKind } from "./access-group.ts";
import type { Listed, Window } from "./store.ts";

export const GROUP_SEARCHES = ["id", "name", "description"] as const;
export type GroupField = "id" | "name" | "description" | "isFederated" | "createdAt" | "modifiedAt";
export type GroupOrder = GroupField | `-${GroupField}`;

export interface GroupSearch {
  readonly in: (typeof GROUP_SEARCHES)[number];
  /** Part of what stands there, in any letter case (of a description, of the letters A to Z); of an id all of it. */
  readonly text: string;
}

export interface GroupQuery {
  readonly search?: GroupSearch | undefined;
  /** Without the group that every account has. */
  readonly hidesPublicAccess?: boolean | undefined;
  /** Only groups that this identity is a member of at `now`. */
  readonly memberIamId?: string | undefined;
  /** With `memberIamId`: only by which kind of membership. */
  readonly membership?: "static" | "dynamic" | undefined;
  readonly now: number;
  /** In the order of creation, unless this says otherwise. */
  readonly sort?: GroupOrder | undefined;
}

export type MemberField = "id" | "name" | "email";
export type MemberOrder = MemberField | `-${MemberField}`;

export interface MemberQuery {
  readonly kind?: MemberKind | undefined;
  readonly membership?: "static" | "dynamic" | undefined;
  readonly now: number;
  /** In the order in which they began, unless this says otherwise. */
  readonly sort?: MemberOrder | undefined;
}

export interface GroupReader {
  group(account: string, id: string): Promise<AccessGroup | undefined>;
  groupByName(account: string, name: string): Promise<AccessGroup | undefined>;
  groups(account: string, query: GroupQuery, window: Window): Promise<Listed<AccessGroup>>;
  /** Every membership of an identity in one group: by hand, and by each rule, also those that have ended. */
  memberships(account: string, group: string, iamId: string): Promise<readonly Member[]>;
  /** Those that have not ended at `query.now`. */
  members(
    of: { readonly account: string; readonly group: string },
    query: MemberQuery,
    window: Window,
  ): Promise<Listed<Member>>;
  /** Every membership of an identity, in any group, also those that have ended. */
  membershipsOf(account: string, iamId: string): Promise<readonly Member[]>;
  rule(account: string, group: string, id: string): Promise<GroupRule | undefined>;
  rules(account: string, group: string): Promise<readonly GroupRule[]>;
  /** Every rule of an account that speaks of a realm: what a federated login is held against. */
  rulesOfRealm(account: string, realm: string): Promise<readonly GroupRule[]>;
}

export interface GroupStore extends GroupReader {
  putGroup(group: AccessGroup): Promise<void>;
  /** With its members and rules; its policies must have been deleted. */
  deleteGroup(account: string, id: string): Promise<void>;
  /** A member has one membership by hand and one by each rule: another of the same replaces it. */
  putMember(member: Member): Promise<void>;
  /** By hand and by rules. */
  deleteMember(account: string, group: string, iamId: string): Promise<void>;
  putRule(rule: GroupRule): Promise<void>;
  /** With the memberships it gave. */
  deleteRule(account: string, group: string, id: string): Promise<void>;
}
