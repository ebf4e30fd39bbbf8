/** Changing a policy: its terms as a whole, or only whether it is in force. */
import { assertEntityTag, newEntityTag } from "../../identity/entity-tag.ts";
import type { Policy } from "../../identity/policy.ts";
import type { Caller } from "../call.ts";
import { callerId, changeOperation } from "../operation.ts";
import { keepAdministered } from "./administration.ts";
import { inAccount } from "./find.ts";
import { assertOwnAccount } from "./own-account.ts";
import { findPolicy, named } from "./policies.ts";
import {
  assertRoomFor,
  assertSound,
  assertSubjectUnlocked,
  checkedTerms,
  type GivenTerms,
} from "./policy-checks.ts";

export interface UpdatePolicyInput {
  readonly id: string;
  /** The entity tag of the policy as it was read, or `*`. */
  readonly ifMatch: string;
  readonly account?: string | undefined;
  /** The policy's terms from now on; without them they stay. */
  readonly terms?: GivenTerms | undefined;
  /** A deleted policy gives nothing until it is active again; without a state it stays as it is. */
  readonly state?: Policy["state"] | undefined;
}

/** What a policy gave, or gives, as the record has it. */
type Recorded = Pick<Policy, "subject" | "roles" | "resource" | "state">;

/**
 * Takes effect with the next call of the subject, and of the one it had before. Recorded with what it gave before,
 * also when it is refused.
 */
export const updatePolicy = changeOperation<
  UpdatePolicyInput,
  { readonly before: Policy; readonly after: Policy },
  Policy
>({
  name: "policy.update",
  async locate(input, { store, call, caller, now }) {
    assertOwnAccount(input.account, call);
    const before = await findPolicy(input.id, call.place.account, store);
    const after = changed(before, input, { caller, now });
    return inAccount("policy.update", call, {
      target: named(before),
      subject: { before, after },
      facts: { ...recorded(after), description: after.description, previous: recorded(before) },
    });
  },
  async run({ ifMatch }, { subject: { before, after } }, context) {
    const { store } = context;
    assertEntityTag(before, ifMatch);
    await assertSubjectUnlocked(before, store);
    // What only ceases to be in force may speak of what is no longer there.
    if (after.state === "active" || !isSame(before, after)) await assertSound(after, store);
    if (after.subject !== before.subject) await assertRoomFor(after, store);
    await keepAdministered(context, () => store.identity.putPolicy(after));
    return after;
  },
});

function changed(
  before: Policy,
  { terms, state = before.state }: UpdatePolicyInput,
  { caller, now }: { readonly caller: Caller; readonly now: number },
): Policy {
  return {
    ...before,
    ...(terms ? checkedTerms(terms) : {}),
    state,
    entityTag: newEntityTag(),
    modifiedAt: now,
    modifiedBy: callerId(caller),
  };
}

function recorded({ subject, roles, resource, state }: Policy): Recorded {
  return { subject, roles, resource, state };
}

function isSame(before: Policy, after: Policy): boolean {
  const terms = ({ subject, roles, resource }: Policy): string =>
    JSON.stringify([subject, roles, resource]);
  return terms(before) === terms(after);
}
