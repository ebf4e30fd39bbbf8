/**
 * Policies: who may do what, where. Only an Administrator makes them; an Administrator of anything may therefore
 * become one of everything, which is why the role is given sparingly and every policy stands in the trail.
 */
import { newEntityTag } from "../../identity/entity-tag.ts";
import type { Policy, PolicyFilter, PolicyOrder } from "../../identity/policy.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { callerId, changeOperation, readOperation } from "../operation.ts";
import type { View } from "../state.ts";
import { keepAdministered } from "./administration.ts";
import { inAccount, placeOf, type Named } from "./find.ts";
import { walkOf, type ListPart, type WalkInput } from "./list-parts.ts";
import { assertOwnAccount } from "./own-account.ts";
import {
  assertRoomFor,
  assertSound,
  assertSubjectUnlocked,
  checkedTerms,
  type GivenTerms,
} from "./policy-checks.ts";

export interface CreatePolicyInput extends GivenTerms {
  /** Where the call names one: it must be the caller's. */
  readonly account?: string | undefined;
}

/**
 * Takes effect with the subject's next call. Refused where another policy gives as much already, and where a role
 * would give nothing on the resource.
 */
export const createPolicy = changeOperation<CreatePolicyInput, Policy, Policy>({
  name: "policy.create",
  async locate({ account, ...given }, { call, caller, now }) {
    assertOwnAccount(account, call);
    const by = callerId(caller);
    const policy: Policy = {
      id: randomId(),
      account: call.place.account,
      ...checkedTerms(given),
      state: "active",
      entityTag: newEntityTag(),
      createdAt: now,
      createdBy: by,
      modifiedAt: now,
      modifiedBy: by,
    };
    return inAccount("policy.create", call, { target: named(policy), subject: policy });
  },
  async run(_input, { subject: policy }, { store }) {
    await assertSound(policy, store);
    await assertRoomFor(policy, store);
    await store.identity.putPolicy(policy);
    return policy;
  },
});

export interface WhichPolicy {
  readonly id: string;
}

/** Also one that has been deleted and can be made active again. */
export const readPolicy = readOperation<WhichPolicy, Policy, Policy>({
  name: "policy.read",
  async locate({ id }, { call, store }) {
    const policy = await findPolicy(id, call.place.account, store);
    return inAccount("policy.read", call, { target: named(policy), subject: policy });
  },
  run: async (_input, { subject: policy }) => policy,
});

export interface ListPoliciesInput extends PolicyFilter, WalkInput<PolicyOrder> {
  readonly account?: string | undefined;
  /** An `authorization` lets one service use another: there are none. */
  readonly type?: "access" | "authorization" | undefined;
}

export interface ListedPolicies extends ListPart<PolicyOrder> {
  readonly policies: readonly Policy[];
}

export const listPolicies = readOperation<ListPoliciesInput, null, ListedPolicies>({
  name: "policy.list",
  async locate({ account }, { call }) {
    assertOwnAccount(account, call);
    return inAccount("policy.list", call, { target: null, subject: null });
  },
  async run(input, _located, { store, call }) {
    const walk = walkOf(input);
    const { offset, limit, by, isDescending } = walk;
    const { account } = placeOf(call);
    const { items, ...part } =
      input.type === "authorization"
        ? NOTHING
        : await store.identity.walkPolicies(account, input, walk);
    return { policies: items, order: { by, isDescending }, offset, limit, ...part };
  },
});

const NOTHING = { items: [], totalCount: 0, hasMoreBefore: false, hasMoreAfter: false } as const;

export type DeletePolicyInput = WhichPolicy;

/** For good. Takes effect with the next call of its subject. Refused for the last that administers the account. */
export const deletePolicy = changeOperation<DeletePolicyInput, Policy, Policy>({
  name: "policy.delete",
  async locate({ id }, { store, call }) {
    const policy = await findPolicy(id, call.place.account, store);
    return inAccount("policy.delete", call, { target: named(policy), subject: policy });
  },
  async run(_input, { subject: policy }, context) {
    const { store } = context;
    await assertSubjectUnlocked(policy, store);
    await keepAdministered(context, () => store.identity.deletePolicy(policy.account, policy.id));
    return policy;
  },
});

export async function findPolicy(id: string, account: string, { identity }: View): Promise<Policy> {
  const policy = await identity.policy(account, id);
  if (!policy) throw new Refusal("not_found", "There is no such policy.", { missing: "policy" });
  return policy;
}

/** Policies have no names: what one says is in the record of its making and of its changes. */
export function named({ id }: Policy): Named {
  return { kind: "policy", id, name: "" };
}
