/** What a policy may say: of whom, of which place, and not what another one says already. */
import { isAccessGroupId } from "../../identity/access-group.ts";
import {
  checkedResource,
  checkedRoles,
  coveringPolicy,
  DEFAULT_SECRET_GROUP,
  MAX_POLICIES_PER_SUBJECT,
  type Policy,
  type PolicyTerms,
} from "../../identity/policy.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import { checkedDescription } from "../../identity/text.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { View } from "../state.ts";
import { assertRoom } from "./find.ts";
import { assertUnlocked } from "./removal.ts";

/** The terms of a policy as a caller gives them. */
export interface GivenTerms {
  /** The IAM id of a user, a service ID or a trusted profile of the account, or the id of an access group. */
  readonly subject: string;
  readonly roles: readonly string[];
  /** What is left out is not restricted. */
  readonly resource: PolicyResource;
  readonly description?: string | undefined;
}

/** The terms, checked for their form: no state is looked at. */
export function checkedTerms(given: GivenTerms): PolicyTerms {
  const roles = checkedRoles(given.roles);
  return {
    subject: given.subject,
    roles,
    resource: checkedResource(given.resource, roles),
    description: checkedDescription(given.description ?? ""),
  };
}

/** That whom and what the policy speaks of exists, and that no other one gives as much. */
export async function assertSound(policy: Policy, view: View): Promise<void> {
  await assertSubject(policy, view);
  await assertPlace(policy, view);
  if (policy.state === "active") await assertNews(policy, view);
}

/** That the subject may have one more policy. */
export async function assertRoomFor(
  { account, subject }: Policy,
  { identity }: View,
): Promise<void> {
  const { totalCount } = await identity.policies(account, subject, { offset: 0, limit: 1 });
  assertRoom(totalCount, MAX_POLICIES_PER_SUBJECT, "policies of an identity");
}

/** A locked service ID keeps its policies as they are. */
export async function assertSubjectUnlocked(
  { account, subject }: Pick<Policy, "account" | "subject">,
  { identity }: View,
): Promise<void> {
  const owner = await identity.principal(account, subject);
  assertUnlocked({ locked: owner?.kind === "serviceid" && owner.locked }, "service ID");
}

async function assertSubject(policy: Policy, view: View): Promise<void> {
  const { account, subject } = policy;
  const isThere = isAccessGroupId(subject)
    ? await view.groups.group(account, subject)
    : await view.identity.principal(account, subject);
  if (!isThere) {
    const sentence =
      "`subject` is no user, service ID, trusted profile or access group of the account.";
    throw invalid("subject", sentence);
  }
  await assertSubjectUnlocked(policy, view);
}

async function assertPlace({ account, resource }: Policy, view: View): Promise<void> {
  const { region, instance: id, secretGroup } = resource;
  const isNamedGroup = secretGroup !== undefined && secretGroup !== DEFAULT_SECRET_GROUP;
  // A secret group is one of some instance: without it, the same id would speak of another group later.
  if (isNamedGroup && id === undefined) {
    throw invalid("instance", "`secretGroup` needs the `instance` it is in.");
  }
  if (id === undefined) {
    const instances = region === undefined ? [] : await view.identity.instances(account);
    if (region === undefined || instances.some((instance) => instance.region === region)) return;
    throw invalid("region", "`region` has no instance of the account.");
  }
  const instance = await view.identity.instance(id);
  if (instance?.account !== account) {
    throw invalid("instance", "`instance` is no instance of the account.");
  }
  if (region !== undefined && instance.region !== region) {
    throw invalid("region", "`instance` is not in this `region`.");
  }
  if (isNamedGroup && !(await view.secrets.group({ account, instance: id }, secretGroup))) {
    throw invalid("secretGroup", "`secretGroup` is no secret group of the instance.");
  }
}

async function assertNews(policy: Policy, { identity }: View): Promise<void> {
  const { account, subject, resource } = policy;
  const others = await identity.policiesOn(account, subject, resource);
  const covering = coveringPolicy(others, policy);
  if (!covering) return;
  const { id, entityTag } = covering;
  const [role = ""] = policy.roles;
  const sentence = `The policy ${id} gives the same subject these roles on the same resource already.`;
  throw new Refusal("conflict", sentence, { policy: id, entityTag, role });
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
