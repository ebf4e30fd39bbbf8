/** What an identity that is deleted leaves: every access group that it is a member of, each with an event of its own. */
import type { TargetRef } from "../../audit/describe.ts";
import { isInForce } from "../../identity/access-group.ts";
import type { Principal } from "../../identity/api-key.ts";
import type { Consequence, Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { findGroup, groupTarget } from "./find.ts";

/** Also forgets memberships that have ended by themselves, which is no event any more. */
export async function leaveGroups(
  { account, iamId }: Pick<Principal, "account" | "iamId">,
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, now, also } = context;
  const memberships = await store.groups.membershipsOf(account, iamId);
  for (const id of new Set(memberships.map(({ group }) => group))) {
    await store.groups.deleteMember(account, id, iamId);
    const isMember = memberships.some(
      (membership) => membership.group === id && isInForce(membership, now),
    );
    if (!isMember) continue;
    const target = groupTarget(call, await findGroup(id, context));
    also(memberRemoved(target, { iam_id: iamId }));
  }
}

/** A membership that ended together with something else; by a rule's id, one that the rule had given. */
export function memberRemoved(
  target: TargetRef,
  input: { readonly iam_id: string; readonly rule_id?: string },
): Consequence {
  return { operation: "access-group-member.delete", target, input, output: {} };
}
