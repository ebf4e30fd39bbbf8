/** Members that many of IAM's actions have. */
import { Refusal } from "../../../../kernel/errors.ts";
import type { Members, TextBounds } from "../members.ts";

/** Of what is made now; users of other wires have longer names. */
export const NEW_NAME: TextBounds = { min: 1, max: 64, pattern: /^[\w+=,.@-]+$/ };
export const EXISTING_NAME: TextBounds = { min: 1, max: 128, pattern: /^[\w+=,.@-]+$/ };
const PATH: TextBounds = { min: 1, max: 512 };

/** Refuses what could not be kept: a tag or a bound that is silently lost would be taken for one that holds. */
export function assertPlain(members: Members): void {
  assertPath(members.textOrNothing("Path", PATH));
  if ((members.itemsOrNothing("Tags", tag) ?? []).length > 0) {
    throw unkept("Tags of users and roles are not kept here.");
  }
  if (members.textOrNothing("PermissionsBoundary") !== undefined) {
    throw unkept("Permissions boundaries are not kept here.");
  }
}

export function assertPath(path: string | undefined): void {
  if (path === undefined || path === "/") return;
  throw unkept("There is no path but /, and /service-id/ for service IDs.");
}

export function unkept(sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { reason: "invalid-input" });
}

function tag(one: Members): void {
  one.text("Key");
  one.text("Value");
}
