/**
 * Policies: who may do what, where. Only an Administrator makes them; an Administrator of anything may therefore
 * become one of everything, which is why the role is given sparingly and every policy stands in the trail.
 */
import { newEntityTag } from "../../identity/entity-tag.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import {
  checkedResource,
  checkedRoles,
  DEFAULT_SECRET_GROUP,
  MAX_POLICIES_PER_SUBJECT,
  type Policy,
} from "../../identity/policy.ts";
import type { IdentityReader } from "../../identity/store.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { callerId, changeOperation, readOperation } from "../operation.ts";
import { assertRoom, inAccount, placeOf, windowOf, type ListInput } from "./find.ts";
import { keepAdministered } from "./administration.ts";
import { assertUnlocked } from "./removal.ts";

export interface CreatePolicyInput {
  /** The IAM id of a user or a service ID of the account. */
  readonly subject: string;
  readonly roles: readonly string[];
  /** What is left out is not restricted. */
  readonly resource: PolicyResource;
}

export const createPolicy = changeOperation<CreatePolicyInput, Policy, Policy>({
  name: "policy.create",
  async locate({ subject, roles: names, resource }, { call, caller, now }) {
    const roles = checkedRoles(names);
    const policy: Policy = {
      id: randomId(),
      account: call.place.account,
      subject,
      roles,
      resource: checkedResource(resource, roles),
      description: "",
      state: "active",
      entityTag: newEntityTag(),
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
      modifiedBy: callerId(caller),
    };
    const target = { kind: "policy", id: policy.id, name: "" } as const;
    return inAccount("policy.create", call, { target, subject: policy });
  },
  async run(_input, { subject: policy }, { store }) {
    const { account, subject } = policy;
    await assertSubject(policy, store.identity);
    await assertInstance(policy, store.identity);
    const one = { offset: 0, limit: 1 };
    const { totalCount } = await store.identity.policies(account, subject, one);
    assertRoom(totalCount, MAX_POLICIES_PER_SUBJECT, "policies of an identity");
    await store.identity.putPolicy(policy);
    return policy;
  },
});

async function assertSubject(policy: Policy, store: IdentityReader): Promise<void> {
  const owner = await store.principal(policy.account, policy.subject);
  if (!owner) {
    throw new Refusal("invalid_request", "`subject` is no user or service ID of the account.", {
      field: "subject",
    });
  }
  assertUnlocked({ locked: owner.kind === "serviceid" && owner.locked }, "service ID");
}

/** A secret group is one of some instance: without it, the same id would speak of another group later. */
async function assertInstance({ account, resource }: Policy, store: IdentityReader): Promise<void> {
  const { instance, secretGroup } = resource;
  if (secretGroup !== undefined && secretGroup !== DEFAULT_SECRET_GROUP && instance === undefined) {
    throw new Refusal("invalid_request", "`secretGroup` needs the `instance` it is in.", {
      field: "instance",
    });
  }
  if (instance === undefined) return;
  if ((await store.instance(instance))?.account !== account) {
    throw new Refusal("invalid_request", "`instance` is no instance of the account.", {
      field: "instance",
    });
  }
}

export interface ListPoliciesInput extends ListInput {
  readonly subject?: string | undefined;
}

export interface ListedPolicies {
  readonly policies: readonly Policy[];
  readonly totalCount: number;
  readonly offset: number;
  readonly limit: number;
}

export const listPolicies = readOperation<ListPoliciesInput, null, ListedPolicies>({
  name: "policy.list",
  async locate(_input, { call }) {
    return inAccount("policy.list", call, { target: null, subject: null });
  },
  async run(input, _located, { store, call }) {
    const window = windowOf(input);
    const { account } = placeOf(call);
    const { items, totalCount } = await store.identity.policies(account, input.subject, window);
    return { policies: items, totalCount, ...window };
  },
});

export interface DeletePolicyInput {
  readonly id: string;
}

/** Takes effect with the next call of its subject. Refused for the last policy that administers the account. */
export const deletePolicy = changeOperation<DeletePolicyInput, Policy, Policy>({
  name: "policy.delete",
  async locate({ id }, { store, call }) {
    const policy = await store.identity.policy(call.place.account, id);
    if (!policy) throw new Refusal("not_found", "There is no such policy.");
    const target = { kind: "policy", id, name: "" } as const;
    return inAccount("policy.delete", call, { target, subject: policy });
  },
  async run(_input, { subject: policy }, context) {
    const { store } = context;
    const owner = await store.identity.principal(policy.account, policy.subject);
    assertUnlocked({ locked: owner?.kind === "serviceid" && owner.locked }, "service ID");
    await keepAdministered(context, () => store.identity.deletePolicy(policy.account, policy.id));
    return policy;
  },
});
