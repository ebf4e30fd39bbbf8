/** Resource policies: lines of Secrets Manager's table. */
import {
  checkResourcePolicy,
  deleteResourcePolicy,
  readResourcePolicy,
  setResourcePolicy,
  type CheckResourcePolicyInput,
  type CheckResourcePolicyOutput,
  type PolicyFlaw,
  type PutResourcePolicyInput,
  type ResourcePolicyOutput,
} from "../../../../app/secrets/resource-policy.ts";
import { MAX_RESOURCE_POLICY_CHARS } from "../../../../identity/statements/document.ts";
import type { Members } from "../members.ts";
import { line, type AwsLine } from "../service.ts";
import type { WireObject } from "../wire-values.ts";
import { named } from "./encode-secret.ts";
import { secretIdIn } from "./secret-id.ts";

export const policyLines: readonly AwsLine[] = [
  line("GetResourcePolicy", readResourcePolicy, [secretIdIn, withPolicy]),
  line("PutResourcePolicy", setResourcePolicy, [put, named]),
  line("DeleteResourcePolicy", deleteResourcePolicy, [secretIdIn, named]),
  line("ValidateResourcePolicy", checkResourcePolicy, [check, checked]),
];

const BOUNDS = { min: 1, max: MAX_RESOURCE_POLICY_CHARS };

function put(members: Members): PutResourcePolicyInput {
  return {
    ...secretIdIn(members),
    resourcePolicy: members.text("ResourcePolicy", BOUNDS),
    blockPublicPolicy: members.flagOrNothing("BlockPublicPolicy"),
  };
}

function check(members: Members): CheckResourcePolicyInput {
  return {
    ...(members.has("SecretId") ? secretIdIn(members) : {}),
    resourcePolicy: members.text("ResourcePolicy", BOUNDS),
  };
}

function withPolicy(output: ResourcePolicyOutput): WireObject {
  return { ...named(output), ResourcePolicy: output.resourcePolicy ?? undefined };
}

const CHECKS: Readonly<Record<PolicyFlaw["check"], string>> = {
  public: "BLOCK_PUBLIC_POLICY",
  "locks-out": "CALLER_LOCKOUT",
};

function checked({ isSound, flaws }: CheckResourcePolicyOutput): WireObject {
  return {
    PolicyValidationPassed: isSound,
    ValidationErrors: flaws.map((flaw) => ({
      CheckName: CHECKS[flaw.check],
      ErrorMessage: flaw.sentence,
    })),
  };
}
