/** Whether a policy would mean the same if what it is attached to had another ARN. */
import { isMet } from "./conditions.ts";
import type { PolicyDocument, Statement } from "./document.ts";
import { isMatch, type KeyValues } from "./pattern.ts";

const ARN_KEY = "secretsmanager:secretid";

/** False also where that hangs on what a request says. */
export function meansBoth(policy: PolicyDocument, one: string, other: string): boolean {
  return policy.statements.every((statement) => isSame(statement, one, other));
}

function isSame({ resources, conditions }: Statement, one: string, other: string): boolean {
  const areSame = resources.patterns.every(
    (pattern) => !pattern.hasVariables && isMatch(pattern, one) === isMatch(pattern, other),
  );
  return (
    areSame &&
    conditions
      .filter(({ key }) => key === ARN_KEY)
      .every((condition) => isMet(condition, keysOf(one)) === isMet(condition, keysOf(other)))
  );
}

function keysOf(arn: string): KeyValues {
  return (key) => (key === ARN_KEY ? [arn] : undefined);
}
