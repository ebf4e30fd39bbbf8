/** Finding the access group that an operation is about, and what all of them ask of it. */
import type { OperationName } from "../../audit/catalogue.ts";
import type { TargetRef } from "../../audit/describe.ts";
import { PUBLIC_ACCESS_GROUP, type AccessGroup } from "../../identity/access-group.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Call } from "../call.ts";
import { inAccount, targetOf } from "../identity/find.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

/** How many items of a list an answer has, where the caller does not say: IBM's number. */
export const DEFAULT_LIST_LIMIT = 50;

/** Whatever happens to a group, to its members or to its rules has the group for its target. */
export function groupTarget(call: Call, { id, name }: Pick<AccessGroup, "id" | "name">): TargetRef {
  return targetOf(call, { kind: "groups", id, name });
}

export async function findGroup(
  id: string,
  { store, call }: Pick<Context<View>, "store" | "call">,
): Promise<AccessGroup> {
  const group = await store.groups.group(call.place.account, id);
  if (!group) throw new Refusal("not_found", "There is no such access group.");
  return group;
}

export async function inGroup(
  operation: OperationName,
  id: string,
  context: Context<View>,
): Promise<Located<AccessGroup>> {
  const group = await findGroup(id, context);
  const target = { kind: "groups", id, name: group.name } as const;
  return inAccount(operation, context.call, { target, subject: group });
}

/** The group for public access is what it is: who is in it is for the account's settings to say. */
export function assertMadeByHand({ id }: AccessGroup): void {
  if (id !== PUBLIC_ACCESS_GROUP) return;
  throw new Refusal(
    "conflict",
    "The group for public access cannot be changed or deleted, and has neither members nor rules of its own.",
  );
}
