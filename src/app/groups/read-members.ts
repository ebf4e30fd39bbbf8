/** Whether somebody is a member of an access group, and who all of them are. */
import {
  isInForce,
  type AccessGroup,
  type Member,
  type MemberKind,
} from "../../identity/access-group.ts";
import type { Principal } from "../../identity/api-key.ts";
import type { MemberOrder } from "../../identity/group-store.ts";
import { Refusal } from "../../kernel/errors.ts";
import { windowOf, type ListInput } from "../identity/find.ts";
import { readOperation } from "../operation.ts";
import { DEFAULT_LIST_LIMIT, inGroup } from "./find.ts";

export interface ReadMemberInput {
  readonly id: string;
  readonly iam_id: string;
}

/** Refused as not found where there is no membership, by hand or by a rule, that is in force now. */
export const readMember = readOperation<ReadMemberInput, AccessGroup, object>({
  name: "access-group-member.read",
  locate({ id }, context) {
    return inGroup("access-group-member.read", id, context);
  },
  async run({ iam_id: iamId }, { subject: { account, id } }, { store, now }) {
    const memberships = await store.groups.memberships(account, id, iamId);
    if (memberships.some((membership) => isInForce(membership, now))) return {};
    throw new Refusal("not_found", "There is no such member of the access group.");
  },
});

export interface ListMembersInput extends ListInput {
  readonly id: string;
  readonly membershipType?: "static" | "dynamic" | "all" | undefined;
  readonly type?: MemberKind | undefined;
  readonly sort?: MemberOrder | undefined;
  /** With names, and what else tells a reader who it is. */
  readonly verbose?: boolean | undefined;
}

/** A membership as it is shown; whose it is, in words, only where that was asked for. */
export interface ShownMember extends Member {
  readonly name?: string;
  readonly email?: string;
  readonly description?: string;
}

export interface ListedMembers {
  readonly members: readonly ShownMember[];
  readonly totalCount: number;
  readonly offset: number;
  readonly limit: number;
}

/** Memberships that are in force now: whoever is a member by hand and by a rule as well is there for each. */
export const listMembers = readOperation<ListMembersInput, AccessGroup, ListedMembers>({
  name: "access-group-member.list",
  locate({ id }, context) {
    return inGroup("access-group-member.list", id, context);
  },
  async run(input, { subject: { account, id } }, { store, now }) {
    const { membershipType, type: kind, sort, verbose = false } = input;
    const window = windowOf({ ...input, limit: input.limit ?? DEFAULT_LIST_LIMIT });
    const membership = membershipType === "all" ? undefined : membershipType;
    const query = { kind, membership, sort, now };
    const { items, totalCount } = await store.groups.members({ account, group: id }, query, window);
    const members: ShownMember[] = [];
    for (const member of items) {
      const principal = verbose ? await store.identity.principal(account, member.iamId) : undefined;
      members.push(principal ? { ...member, ...inWords(principal) } : member);
    }
    return { members, totalCount, ...window };
  },
});

function inWords(principal: Principal): Pick<ShownMember, "name" | "email" | "description"> {
  const { name } = principal;
  if (principal.kind === "user") return { name, email: principal.email };
  return { name, description: principal.description };
}
