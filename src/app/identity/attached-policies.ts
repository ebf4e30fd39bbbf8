/**
 * Managed policies, attached to users, service IDs and trusted profiles: policies like all others, which every wire
 * shows, made and found again by what they give.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { OperationName } from "../../audit/catalogue.ts";
import type { Principal } from "../../identity/api-key.ts";
import {
  MANAGED_POLICIES,
  managedPolicyNamed,
  managedPolicyOf,
  type ManagedPolicy,
} from "../../identity/aws-policies.ts";
import { newEntityTag } from "../../identity/entity-tag.ts";
import type { Policy } from "../../identity/policy.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import {
  callerId,
  changeOperation,
  readOperation,
  type Context,
  type Located,
} from "../operation.ts";
import type { View } from "../state.ts";
import { keepAdministered } from "./administration.ts";
import { inAccount, placeOf, type ListInput } from "./find.ts";
import { sliceOf, type Slice } from "./list-parts.ts";
import { assertRoomFor, assertSubjectUnlocked } from "./policy-checks.ts";
import { held, type Holder } from "./policy-holders.ts";

/** Policies of one account that are looked at in one turn of the event loop. */
const POLICIES_PER_TURN = 500;

export type AttachInput = Holder & {
  /** As it was called; recorded. */
  readonly policyArn: string;
  /** The name of a managed policy, where the call has one. */
  readonly managed: string | undefined;
};

interface Attaching {
  readonly holder: Principal;
  readonly managed: ManagedPolicy;
}

export interface AttachedPolicy {
  readonly id: string;
}

/** One that is attached already stays as it is. Takes effect with the next call of whom it is attached to. */
function attaching(name: "policy.user.attach" | "policy.role.attach") {
  return changeOperation<AttachInput, Attaching, AttachedPolicy>({
    name,
    locate: (input, context) => located(name, input, context),
    async run(_input, { subject: { holder, managed } }, { store, caller, now }) {
      const attached = await attachedTo(holder, store);
      const same = attached.find(({ name: one }) => one === managed.name);
      if (same) return { id: same.policy };
      const by = callerId(caller);
      const policy: Policy = {
        id: randomId(),
        account: holder.account,
        subject: holder.iamId,
        roles: managed.roles,
        resource: managed.resource,
        description: managed.name,
        state: "active",
        entityTag: newEntityTag(),
        createdAt: now,
        createdBy: by,
        modifiedAt: now,
        modifiedBy: by,
      };
      await assertSubjectUnlocked(policy, store);
      await assertRoomFor(policy, store);
      await store.identity.putPolicy(policy);
      return { id: policy.id };
    },
  });
}

export const attachUserPolicy = attaching("policy.user.attach");
export const attachRolePolicy = attaching("policy.role.attach");

/** Refused for the last policy that administers the account. */
function detaching(name: "policy.user.detach" | "policy.role.detach") {
  return changeOperation<AttachInput, Attaching, AttachedPolicy>({
    name,
    locate: (input, context) => located(name, input, context),
    async run(_input, { subject: { holder, managed } }, context) {
      const { store } = context;
      const attached = await attachedTo(holder, store);
      const same = attached.find(({ name: one }) => one === managed.name);
      if (!same) throw new Refusal("not_found", "The policy is not attached.");
      const { account, policy: id } = same;
      await assertSubjectUnlocked({ account, subject: holder.iamId }, store);
      await keepAdministered(context, () => store.identity.deletePolicy(account, id));
      return { id };
    },
  });
}

export const detachUserPolicy = detaching("policy.user.detach");
export const detachRolePolicy = detaching("policy.role.detach");

async function located(
  operation: OperationName,
  input: AttachInput,
  context: Context<View>,
): Promise<Located<Attaching>> {
  const { holder, target } = await held(input, context);
  const managed = input.managed === undefined ? undefined : managedPolicyNamed(input.managed);
  if (!managed) throw noSuchPolicy();
  const { roles, resource } = managed;
  return inAccount(operation, context.call, {
    target,
    subject: { holder, managed },
    facts: { subject: holder.iamId, roles, resource },
  });
}

/** A managed policy and the policy by which it is attached. */
export interface Attached extends ManagedPolicy {
  readonly account: string;
  readonly policy: string;
}

/** Whoever made them, by whichever wire; each once, in the order of AWS's list. */
export async function attachedTo(
  { account, iamId }: Pick<Principal, "account" | "iamId">,
  { identity }: View,
): Promise<readonly Attached[]> {
  const found = new Map<string, Attached>();
  for (const resource of resources) {
    for (const policy of await identity.policiesOn(account, iamId, resource)) {
      const managed = managedPolicyOf(policy);
      if (managed) found.set(managed.name, { ...managed, account, policy: policy.id });
    }
  }
  return MANAGED_POLICIES.flatMap(({ name }) => found.get(name) ?? []);
}

const resources = [
  ...new Map(MANAGED_POLICIES.map(({ resource }) => [JSON.stringify(resource), resource])).values(),
];

/** Everyone may see what they have themselves. */
function listing(name: "policy.user.list" | "policy.role.list") {
  return readOperation<Holder & ListInput, Principal, Slice<Attached>>({
    name,
    async locate(by, context) {
      const { holder, target } = await held(by, context);
      const { iamId: subject } = holder;
      return inAccount(name, context.call, {
        target,
        subject: holder,
        owner: subject,
        facts: { subject },
      });
    },
    run: async (input, { subject: holder }, { store }) =>
      sliceOf(await attachedTo(holder, store), input),
  });
}

export const listAttachedUserPolicies = listing("policy.user.list");
export const listAttachedRolePolicies = listing("policy.role.list");

export interface KnownPolicy extends ManagedPolicy {
  /** To how many it is attached. */
  readonly attachments: number;
}

export interface ReadManagedInput {
  readonly policyArn: string;
  readonly managed: string | undefined;
}

export const readManagedPolicy = readOperation<ReadManagedInput, ManagedPolicy, KnownPolicy>({
  name: "policy.managed.read",
  async locate({ managed: name }, { call }) {
    const managed = name === undefined ? undefined : managedPolicyNamed(name);
    if (!managed) throw noSuchPolicy();
    return inAccount("policy.managed.read", call, { target: null, subject: managed });
  },
  async run(_input, { subject: managed }, context) {
    return { ...managed, attachments: (await attachments(context)).get(managed.name) ?? 0 };
  },
});

export interface ListManagedInput extends ListInput {
  /** Of those that are written in the account, or bound somebody: there are none. */
  readonly isNone?: boolean | undefined;
  readonly onlyAttached?: boolean | undefined;
}

export const listManagedPolicies = readOperation<ListManagedInput, null, Slice<KnownPolicy>>({
  name: "policy.managed.list",
  async locate(_input, { call }) {
    return inAccount("policy.managed.list", call, { target: null, subject: null });
  },
  async run(input, _located, context) {
    const { onlyAttached = false, isNone = false } = input;
    if (isNone) return sliceOf([], input);
    const counts = await attachments(context);
    const policies = MANAGED_POLICIES.map((one) => ({
      ...one,
      attachments: counts.get(one.name) ?? 0,
    })).filter((one) => !onlyAttached || one.attachments > 0);
    return sliceOf(policies, input);
  },
});

async function attachments({ store, call }: Context<View>): Promise<ReadonlyMap<string, number>> {
  const { account } = placeOf(call);
  const counts = new Map<string, number>();
  for (let after = ""; ;) {
    const policies = await store.identity.policiesInForce(account, after, POLICIES_PER_TURN);
    for (const policy of policies) {
      const name = managedPolicyOf(policy)?.name;
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const last = policies.at(-1);
    if (!last || policies.length < POLICIES_PER_TURN) return counts;
    after = last.id;
    await nextTurn();
  }
}

function noSuchPolicy(): Refusal {
  const sentence = "There is no such policy, or none that could be attached.";
  return new Refusal("not_found", sentence);
}
