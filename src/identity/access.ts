/**
 * Which policies give an operation on a resource: the reasons behind a decision. What a call is allowed is decided by
 * `isAllowed` alone; here the same rule is asked of one policy at a time, so that an answer can name it.
 */
import type { OperationName } from "../audit/catalogue.ts";
import { isAllowed, type Grant, type Resource } from "./authorize.ts";
import type { Policy } from "./policy.ts";

/** Whether the policy, by itself, lets its subject do this there: it is in force, and a role of it covers that. */
export function policyGives(
  policy: Pick<Policy, "roles" | "resource" | "state">,
  operation: OperationName,
  resource: Resource,
): boolean {
  return policy.state === "active" && isAllowed([policy], operation, resource);
}

/** Of grants, those that by themselves give the operation on the resource. */
export function grantsGiving<G extends Grant>(
  grants: readonly G[],
  operation: OperationName,
  resource: Resource,
): readonly G[] {
  return grants.filter((grant) => isAllowed([grant], operation, resource));
}
