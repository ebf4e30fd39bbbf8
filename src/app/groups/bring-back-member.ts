/** A membership by hand that comes back with the member, or with the group, that was deleted. */
import type { Member } from "../../identity/access-group.ts";
import type { Belongings } from "../../identity/belongings.ts";
import { CLIENT } from "../../identity/client.ts";
import { GROUP } from "../../identity/removed-group.ts";
import { PROFILE } from "../../identity/removed-profile.ts";
import { USER } from "../../identity/removed-user.ts";
import { managedIdOf } from "../../identity/service-id.ts";
import { managedProfileOf } from "../../identity/trusted-profile.ts";
import type { ItemKind } from "../../items/item.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { groupTarget } from "./find.ts";

/**
 * While the other of the two is deleted and can be had back, it is for that to bring the membership back with it; once it
 * is gone for good, the membership is too.
 */
export async function bringBackMember(
  member: Member,
  context: Context<Transaction>,
): Promise<void> {
  const { account, iamId: iam_id, kind: type } = member;
  const { store, call, also } = context;
  const group = await store.groups.group(account, member.group);
  if (!group) return leaveToGroup(member, context);
  if (!(await store.identity.principal(account, iam_id))) return leaveToMember(member, context);
  await store.groups.putMember(member);
  const target = groupTarget(call, group);
  also({ operation: "access-group-member.add", target, input: { iam_id, type }, output: {} });
}

async function leaveToGroup(
  member: Member,
  { store: { items } }: Context<Transaction>,
): Promise<void> {
  const item = await items.item(GROUP, member.account, member.group);
  const parts = item?.content.parts;
  if (!item || !parts) return;
  const members = [...parts.members, member];
  await items.putItem({ ...item, content: { ...item.content, parts: { ...parts, members } } });
}

interface WithBelongings {
  readonly parts: { readonly belongings: Belongings } | null;
}

async function leaveToMember(
  member: Member,
  { store: { items } }: Context<Transaction>,
): Promise<void> {
  const { kind, id } = keptOf(member);
  const item = await items.item(kind, member.account, id);
  const parts = item?.content.parts;
  if (!item || !parts) return;
  const { belongings } = parts;
  const memberships = [...belongings.memberships, member];
  const content = {
    ...item.content,
    parts: { ...parts, belongings: { ...belongings, memberships } },
  };
  await items.putItem({ ...item, content });
}

function keptOf({ kind, iamId }: Member): {
  readonly kind: ItemKind<WithBelongings>;
  readonly id: string;
} {
  if (kind === "user") return { kind: USER, id: iamId };
  return kind === "service"
    ? { kind: CLIENT, id: managedIdOf(iamId) }
    : { kind: PROFILE, id: managedProfileOf(iamId) };
}
