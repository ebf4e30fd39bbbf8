/** Access groups by their names, with their members and versions: made with members, read, listed. */
import type { AccessGroup } from "../../identity/access-group.ts";
import type { PartByName } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { inAccount, placeOf } from "../identity/find.ts";
import { namedById } from "../identity/principal-names.ts";
import { changeOperation, readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { createAccessGroup } from "./access-groups.ts";
import { membershipsIn } from "./delete-access-group.ts";
import { locateKnownGroup, type FoundGroup, type NamedKnownGroup } from "./find-known-group.ts";
import { knownGroup, type KnownGroup } from "./group-versions.ts";
import { addByName, MAX_NAMES_PER_CALL, nameOfMember, type NamedEndings } from "./named-members.ts";
import { assertPartsPerCall } from "./parts.ts";

export interface CreateKnownGroupInput extends NamedKnownGroup {
  readonly description?: string | undefined;
  readonly members?: readonly string[] | undefined;
}

export interface CreatedKnownGroup extends NamedEndings {
  /** Recorded. */
  readonly id: string;
  readonly group: KnownGroup;
}

/** Members are added, or refused, one by one: each is an event beside that of the group's making. */
export const createKnownGroup = changeOperation<
  CreateKnownGroupInput,
  AccessGroup,
  CreatedKnownGroup
>({
  name: "access-group.create",
  async locate({ members = [], ...input }, context) {
    if (members.length > 0) {
      assertPartsPerCall(members, { field: "members", max: MAX_NAMES_PER_CALL });
    }
    return createAccessGroup.locate(input, context);
  },
  async run({ members = [], ...input }, located, context) {
    const group = await createAccessGroup.run(input, located, context);
    if (group instanceof Refusal) return group;
    const endings = await addByName(group, members, context);
    return { ...endings, id: group.id, group: await knownGroup(group, context.store) };
  },
});

/** A group with the names of its members. */
export interface GroupWithMembers {
  /** Recorded. */
  readonly id: string;
  readonly name: string;
  readonly group: KnownGroup;
  /** Each once, however it came to be one. */
  readonly members: readonly KnownMember[];
}

export interface KnownMember {
  readonly name: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
}

export const readKnownGroup = readOperation<NamedKnownGroup, FoundGroup, GroupWithMembers>({
  name: "access-group.read",
  locate: (input, context) => locateKnownGroup("access-group.read", input, context),
  run: (_input, { subject: { group } }, context) => withMembers(group, context),
});

async function withMembers(
  group: AccessGroup,
  context: Pick<Context<View>, "store" | "now">,
): Promise<GroupWithMembers> {
  const { store } = context;
  const members = new Map<string, KnownMember>();
  for (const membership of await membershipsIn(group, context)) {
    const { account, iamId, createdAt } = membership;
    if (members.has(iamId)) continue;
    const named = await nameOfMember(membership, store);
    const createdBy = await namedById(account, membership.createdBy, store);
    members.set(iamId, { name: named, createdAt, createdBy });
  }
  const { id, name } = group;
  return {
    id,
    name,
    group: await knownGroup(group, store),
    members: inOrder([...members.values()]),
  };
}

function inOrder(members: readonly KnownMember[]): readonly KnownMember[] {
  return members.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export interface ListedKnownGroups {
  readonly groups: readonly KnownGroup[];
  readonly totalCount: number;
}

/** Without the group for public access, which nobody is put into. */
export const listKnownGroups = readOperation<PartByName, null, ListedKnownGroups>({
  name: "access-group.list",
  async locate(_input, { call }) {
    return inAccount("access-group.list", call, { target: null, subject: null });
  },
  async run({ search, sortBy, order, offset, limit }, _located, { store, call, now }) {
    const query = {
      hidesPublicAccess: true,
      now,
      sort: order === "asc" ? sortBy : (`-${sortBy}` as const),
      ...(search === undefined ? {} : { search: { in: "name", text: search } as const }),
    };
    const { account } = placeOf(call);
    const { items, totalCount } = await store.groups.groups(account, query, { offset, limit });
    const groups: KnownGroup[] = [];
    for (const group of items) groups.push(await knownGroup(group, store));
    return { groups, totalCount };
  },
});
