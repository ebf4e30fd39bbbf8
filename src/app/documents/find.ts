/** Finding a policy document by its path, and saying so; one that is not there is called by its path all the same. */
import type { OperationName } from "../../audit/catalogue.ts";
import type { TargetRef } from "../../audit/describe.ts";
import { POLICY_DOCUMENT, type PolicyDocument } from "../../identity/documents/document.ts";
import type { Item } from "../../items/item.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { markedRefusal, targetOf } from "../items/find.ts";
import { placeOf } from "../identity/find.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

export const SERVICE = "iam-am";

/** Null where there is none, which whoever may do this to what is there is told. */
export type Found = Item<PolicyDocument> | null;

/**
 * Documents say who may do something to the documents under a path, whether or not there are any: so the decision, and
 * the record of a refusal, have the path that was asked for.
 */
export async function locateDocument(
  operation: OperationName,
  { path }: { readonly path: string },
  { store, call }: Context<View>,
): Promise<Located<Found>> {
  const place = placeOf(call);
  const resource = { service: SERVICE, place };
  const item = await store.items.itemNamed(POLICY_DOCUMENT, place.account, path);
  if (item) {
    const refusal = item.removal ? markedRefusal() : undefined;
    return { target: targetOf(item, place), resource, subject: item, operation, refusal };
  }
  return {
    target: documentTarget("", path, place),
    resource,
    subject: null,
    operation,
    refusal: new Refusal("not_found", "There is no policy under this path."),
  };
}

export function documentTarget(id: string, path: string, place: TargetRef["place"]): TargetRef {
  return targetOf({ kind: POLICY_DOCUMENT.name, id, name: path }, place);
}

/** Of what was not refused. */
export function there(found: Found): Item<PolicyDocument> {
  invariant(found !== null, "what is not there was refused");
  return found;
}

export function noSuchVersion(): Refusal {
  return new Refusal("not_found", "There is no such version.");
}
