/** The access groups that a user is in, and joining more of them. */
import { Refusal } from "../../kernel/errors.ts";
import { isInForce, PUBLIC_ACCESS_GROUP } from "../../identity/access-group.ts";
import type { Millis } from "../../kernel/clock.ts";
import { unfound } from "../admission.ts";
import { addedTo } from "../groups/add-members.ts";
import { locateKnownGroup } from "../groups/find-known-group.ts";
import { groupTarget } from "../groups/find.ts";
import { MAX_NAMES_PER_CALL } from "../groups/named-members.ts";
import { assertPartsPerCall, ended } from "../groups/parts.ts";
import { changeOperation, readOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { locateKnownUser, type FoundUser, type NamedKnownUser } from "./find-known-user.ts";
import { namedById } from "./principal-names.ts";

export interface JoinedGroup {
  readonly name: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
}

export interface GroupsOfUser {
  readonly email: string;
  readonly groups: readonly JoinedGroup[];
  readonly totalCount: number;
}

/** By hand, or by a login that lasts; the one that everybody is in is left out. Everyone may see their own. */
export const listGroupsOfUser = readOperation<NamedKnownUser, FoundUser, GroupsOfUser>({
  name: "user.groups.list",
  locate: (input, context) => locateKnownUser("user.groups.list", input, context),
  async run(_input, { subject: { user } }, { store, now }) {
    const { account, iamId, email } = user;
    const memberships = await store.groups.membershipsOf(account, iamId);
    const groups = new Map<string, JoinedGroup>();
    for (const membership of memberships) {
      const { group: id, createdAt } = membership;
      if (id === PUBLIC_ACCESS_GROUP || groups.has(id) || !isInForce(membership, now)) continue;
      const group = await store.groups.group(account, id);
      const createdBy = await namedById(account, membership.createdBy, store);
      if (group) groups.set(id, { name: group.name, createdAt, createdBy });
    }
    return { email, groups: [...groups.values()], totalCount: groups.size };
  },
});

export interface JoinGroupsInput extends NamedKnownUser {
  /** By their names. */
  readonly groups: readonly string[];
}

export interface JoinedGroups {
  /** The names of those that the user is in now. */
  readonly groups: readonly string[];
  readonly refused: readonly { readonly name: string; readonly refusal: Refusal }[];
}

/** Each is joined, or refused, by itself. Whoever does it has to be allowed to change both the user and the group. */
export const joinGroups = changeOperation<JoinGroupsInput, FoundUser, JoinedGroups>({
  name: "user.groups.join",
  async locate(input, context) {
    assertPartsPerCall(input.groups, { field: "groupNames", max: MAX_NAMES_PER_CALL });
    return locateKnownUser("user.groups.join", input, context);
  },
  async run({ groups: names }, { subject: { user } }, context) {
    const groups: string[] = [];
    const refused: { name: string; refusal: Refusal }[] = [];
    for (const name of names) {
      const ending = await joined(name, user.iamId, context);
      if (ending instanceof Refusal) refused.push({ name, refusal: ending });
      else groups.push(name);
    }
    return { groups, refused };
  },
});

/** An event of the group's beside that of the user. */
async function joined(
  name: string,
  iam_id: string,
  context: Context<Transaction>,
): Promise<object> {
  const operation = "access-group-member.add";
  const { call, judge, also } = context;
  const input = { iam_id };
  const located = await ended(() => locateKnownGroup(operation, { name }, context));
  const isThere = !(located instanceof Refusal);
  const output = await ended(async () => {
    // Whoever may not add to groups does not hear which there are.
    const refusal = judge(
      isThere ? { permission: operation, located, input } : unfound(operation, {}, call),
    );
    if (refusal) throw refusal;
    if (!isThere) throw located;
    if (located.refusal) throw located.refusal;
    return addedTo(located.subject.group, input, context);
  });
  const group = isThere ? located.subject.group : { id: "", name: "" };
  also({ operation, target: groupTarget(call, group), input, output });
  return output;
}
