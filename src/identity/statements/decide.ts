/** The decision of a policy about a request: an explicit denial wins, then what allows it, else it says nothing. */
import { isMet } from "./conditions.ts";
import type { Choice, PolicyDocument, Statement } from "./document.ts";
import { isMatch, type KeyValues } from "./pattern.ts";
import { meantBy, type Meant, type Principal } from "./principals.ts";

/** What a policy is asked about. */
export interface Asked {
  /** `secretsmanager:GetSecretValue` */
  readonly action: string;
  /** The ARN of what it is done to; `*` where it is done to nothing that has one. */
  readonly resource: string;
  /** It is done to something whose ARN is not known: what is denied for anything is then denied for that. */
  readonly isUnnamed?: boolean;
  readonly principal: Principal;
  readonly keys: KeyValues;
}

export type Decision =
  /** By null: by what cannot be read any more. */
  | { readonly kind: "denied"; readonly by: Statement | null }
  /** `means`: how the statement that allows it in the strongest way means the caller; null where it names nobody. */
  | { readonly kind: "allowed"; readonly means: Meant | null }
  | { readonly kind: "silent" };

const STRENGTH: readonly (Meant | null)[] = ["session", null, "identity", "anyone", "account"];

export function decide({ statements }: PolicyDocument, asked: Asked): Decision {
  let best: Meant | null | undefined;
  for (const statement of statements) {
    const means = mayBeAbout(statement, asked) ? meansOf(statement, asked.principal) : undefined;
    if (means === undefined || !areMet(statement, asked)) continue;
    if (statement.effect === "Deny") return { kind: "denied", by: statement };
    if (best === undefined || STRENGTH.indexOf(means) < STRENGTH.indexOf(best)) best = means;
  }
  return best === undefined ? { kind: "silent" } : { kind: "allowed", means: best };
}

function mayBeAbout(statement: Statement, asked: Asked): boolean {
  if (isAbout(statement, asked)) return true;
  if (!asked.isUnnamed || statement.effect !== "Deny") return false;
  return isChosen(statement.actions, asked.action.toLowerCase(), asked.keys);
}

/** Whether the statement speaks of such an action on such a thing, whoever does it and whatever else is so. */
export function isAbout(
  { actions, resources }: Statement,
  { action, resource, keys }: Pick<Asked, "action" | "resource" | "keys">,
): boolean {
  return isChosen(actions, action.toLowerCase(), keys) && isChosen(resources, resource, keys);
}

/** Undefined where the statement does not mean the caller; null where it names nobody. */
export function meansOf({ principals }: Statement, caller: Principal): Meant | null | undefined {
  return principals === null ? null : meantBy(principals, caller);
}

function areMet({ conditions }: Statement, { keys }: Asked): boolean {
  return conditions.every((condition) => isMet(condition, keys));
}

function isChosen({ isNot, patterns }: Choice, text: string, keys: KeyValues): boolean {
  return patterns.some((pattern) => isMatch(pattern, text, keys)) !== isNot;
}
