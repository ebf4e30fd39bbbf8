/**
 * How far a rule of a policy document reaches where a question is about more than one thing: about all secrets of an
 * instance, whose path in the catalogue has its name left open.
 */
import type { OperationName } from "../../audit/catalogue.ts";
import type { Place } from "../../audit/crn.ts";
import { dsvPermissionOf, type DsvPermission } from "../../audit/render/dsv-permission.ts";
import { speaksOf, type Rule } from "../../identity/documents/decide.ts";
import { ANYTHING, type DocumentPattern } from "../../identity/documents/pattern.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { rulesInForce } from "./rules-in-force.ts";

/**
 * Whether a document denies the caller any of this to anything in the place. Whoever gives it away as a whole would give
 * what it may not do itself.
 */
export async function isDeniedAnyOf(
  permissions: readonly OperationName[],
  place: Place,
  { caller, store, now }: Pick<Context<View>, "caller" | "store" | "now">,
): Promise<boolean> {
  if (caller.kind !== "identity" || caller.account !== place.account) return false;
  const denials = (await rulesInForce(caller, store, now)).filter(
    ({ effect }) => effect === "deny",
  );
  if (denials.length === 0) return false;
  const target = { place, kind: "", id: "", name: "" };
  return permissions.some((permission) => {
    const needed = dsvPermissionOf(permission, { target, input: {} });
    return denials.some((rule) => isWhollyAbout(rule, needed) || isPartlyAbout(rule, needed));
  });
}

const OPEN = /\{[^}]+\}$/;

/** Whether the rule speaks of all that is asked about. */
export function isWhollyAbout(rule: Rule, needed: DsvPermission): boolean {
  if (!needed.resources.some((path) => OPEN.test(path))) return speaksOf(rule, needed);
  if (!isOfAction(rule, needed)) return false;
  return needed.resources.some((path) => rule.resources.some((pattern) => covers(pattern, path)));
}

/** Everything that begins as the open path does. */
function covers({ text }: DocumentPattern, path: string): boolean {
  if (!text.endsWith(ANYTHING)) return false;
  const head = text.slice(0, -ANYTHING.length);
  return !head.includes("<") && path.replace(OPEN, "").startsWith(head);
}

/** Whether it speaks of something that begins as the open path does. */
export function isPartlyAbout(rule: Rule, needed: DsvPermission): boolean {
  if (!isOfAction(rule, needed)) return false;
  return needed.resources
    .filter((path) => OPEN.test(path))
    .map((path) => path.replace(OPEN, ""))
    .some((begin) =>
      rule.resources.some(({ head }) => head.startsWith(begin) || begin.startsWith(head)),
    );
}

function isOfAction({ actions }: Rule, { action }: DsvPermission): boolean {
  return actions.some((pattern) => pattern.matches(action));
}
