/** Access groups: made, listed, read, renamed. What a group may do is for policies to say. */
import {
  checkedGroupDescription,
  checkedGroupName,
  MAX_GROUPS_PER_ACCOUNT,
  newAccessGroupId,
  type AccessGroup,
} from "../../identity/access-group.ts";
import { assertEntityTag, newEntityTag } from "../../identity/entity-tag.ts";
import type { GroupOrder, GroupReader, GroupSearch } from "../../identity/group-store.ts";
import { Refusal } from "../../kernel/errors.ts";
import { assertRoom, inAccount, placeOf, windowOf, type ListInput } from "../identity/find.ts";
import { assertOwnAccount } from "../identity/own-account.ts";
import { callerId, changeOperation, readOperation } from "../operation.ts";
import { assertMadeByHand, DEFAULT_LIST_LIMIT, groupTarget, inGroup } from "./find.ts";
import { keepGroupVersion } from "./group-versions.ts";

export interface CreateAccessGroupInput {
  readonly accountId?: string | undefined;
  readonly name: string;
  readonly description?: string | undefined;
}

/** One group of an account to a name, whatever its letter case. The new group has no members and gives nothing. */
export const createAccessGroup = changeOperation<CreateAccessGroupInput, AccessGroup, AccessGroup>({
  name: "access-group.create",
  async locate({ accountId, name, description = "" }, { call, caller, now }) {
    assertOwnAccount(accountId, call);
    const group: AccessGroup = {
      id: newAccessGroupId(),
      account: call.place.account,
      name: checkedGroupName(name),
      description: checkedGroupDescription(description),
      entityTag: newEntityTag(),
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
      modifiedBy: callerId(caller),
    };
    const target = { kind: "groups", id: group.id, name: group.name } as const;
    return inAccount("access-group.create", call, { target, subject: group });
  },
  async run(_input, { subject: group }, context) {
    const { store, now } = context;
    await assertNameFree(group, store.groups);
    const query = { hidesPublicAccess: true, now };
    const { totalCount } = await store.groups.groups(group.account, query, { offset: 0, limit: 1 });
    assertRoom(totalCount, MAX_GROUPS_PER_ACCOUNT, "access groups in an account");
    await store.groups.putGroup(group);
    await keepGroupVersion(group, context);
    return group;
  },
});

async function assertNameFree({ account, id, name }: AccessGroup, store: GroupReader) {
  const other = await store.groupByName(account, name);
  if (!other || other.id === id) return;
  throw new Refusal("conflict", "An access group with this name already exists in the account.");
}

/** A group as it is shown; whether it has rules is only said where it was asked for. */
export interface ShownAccessGroup extends AccessGroup {
  readonly isFederated?: boolean;
}

export interface ListAccessGroupsInput extends ListInput {
  readonly accountId?: string | undefined;
  /** Only groups that this identity is a member of, by which kind of membership. */
  readonly iamId?: string | undefined;
  readonly membershipType?: "static" | "dynamic" | "all" | undefined;
  readonly search?: GroupSearch | undefined;
  readonly sort?: GroupOrder | undefined;
  readonly showFederated?: boolean | undefined;
  readonly hidePublicAccess?: boolean | undefined;
}

export interface ListedAccessGroups {
  readonly groups: readonly ShownAccessGroup[];
  readonly totalCount: number;
  readonly offset: number;
  readonly limit: number;
}

export const listAccessGroups = readOperation<ListAccessGroupsInput, null, ListedAccessGroups>({
  name: "access-group.list",
  async locate({ accountId }, { call }) {
    assertOwnAccount(accountId, call);
    return inAccount("access-group.list", call, { target: null, subject: null });
  },
  async run(input, _located, { store, call, now }) {
    const { membershipType, limit = DEFAULT_LIST_LIMIT, showFederated = false } = input;
    const window = windowOf({ ...input, limit });
    const query = {
      search: input.search,
      sort: input.sort,
      hidesPublicAccess: input.hidePublicAccess,
      memberIamId: input.iamId,
      membership: membershipType === "all" ? undefined : membershipType,
      now,
    };
    const { items, totalCount } = await store.groups.groups(placeOf(call).account, query, window);
    const groups: ShownAccessGroup[] = [];
    for (const group of items) groups.push(await shown(group, showFederated, store.groups));
    return { groups, totalCount, ...window };
  },
});

async function shown(
  group: AccessGroup,
  showFederated: boolean,
  store: GroupReader,
): Promise<ShownAccessGroup> {
  if (!showFederated) return group;
  const rules = await store.rules(group.account, group.id);
  return { ...group, isFederated: rules.length > 0 };
}

export interface ReadAccessGroupInput {
  readonly id: string;
  readonly showFederated?: boolean | undefined;
}

export const readAccessGroup = readOperation<ReadAccessGroupInput, AccessGroup, ShownAccessGroup>({
  name: "access-group.read",
  locate({ id }, context) {
    return inGroup("access-group.read", id, context);
  },
  run({ showFederated = false }, { subject: group }, { store }) {
    return shown(group, showFederated, store.groups);
  },
});

export interface UpdateAccessGroupInput {
  readonly id: string;
  /** The entity tag of the state that is to be changed. */
  readonly ifMatch: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}

interface Renaming {
  readonly group: AccessGroup;
  readonly next: AccessGroup;
}

/** What is left out stays as it is. */
export const updateAccessGroup = changeOperation<UpdateAccessGroupInput, Renaming, AccessGroup>({
  name: "access-group.update",
  async locate({ id, name, description }, context) {
    const located = await inGroup("access-group.update", id, context);
    const { subject: group } = located;
    const next: AccessGroup = {
      ...group,
      name: name === undefined ? group.name : checkedGroupName(name),
      description:
        description === undefined ? group.description : checkedGroupDescription(description),
      entityTag: newEntityTag(),
      modifiedAt: context.now,
      modifiedBy: callerId(context.caller),
    };
    return {
      ...located,
      subject: { group, next },
      becomes: groupTarget(context.call, next),
      facts: { prev_instance_name: group.name, instance_name: next.name },
    };
  },
  async run({ ifMatch }, { subject: { group, next } }, context) {
    const { store } = context;
    assertMadeByHand(group);
    assertEntityTag(group, ifMatch);
    await assertNameFree(next, store.groups);
    await store.groups.putGroup(next);
    await keepGroupVersion(next, context, group);
    return next;
  },
});
