/**
 * Which policies give an operation on a resource: the reasons behind a decision. What a call is allowed is decided by
 * `isAllowed` alone; here the same rule is asked of one policy at a time, so that an answer can name it.
 */
import type { OperationName } from "../audit/catalogue.ts";
import { isAllowed, type Resource } from "./authorize.ts";
import type { Policy } from "./policy.ts";

/** Whether the policy, by itself, lets its subject do this there: it is in force, and a role of it covers that. */
export function policyGives(
  policy: Pick<Policy, "roles" | "resource" | "state">,
  operation: OperationName,
  resource: Resource,
): boolean {
  return policy.state === "active" && isAllowed([policy], operation, resource);
}
