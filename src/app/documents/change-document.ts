/** A policy document written anew, or as it was once: the next version of it, in the place of what it said. */
import {
  POLICY_DOCUMENT,
  type Permission,
  type PolicyDocument,
} from "../../identity/documents/document.ts";
import { recordedPermissions } from "../../identity/documents/recorded.ts";
import { revised, type Item } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { locateDocument, noSuchVersion, there, type Found } from "./find.ts";
import type { AtVersion, WrittenDocument } from "./policy-documents.ts";

export interface UpdateDocumentInput extends WrittenDocument {
  /** What it was written from: refused if that is not the newest. */
  readonly fromVersion?: number | undefined;
}

export const updatePolicyDocument = changeOperation<
  UpdateDocumentInput,
  Found,
  Item<PolicyDocument>
>({
  name: "policy-document.update",
  async locate(input, context) {
    const located = await locateDocument("policy-document.update", input, context);
    return withFacts(located, input.permissionDocument);
  },
  async run({ permissionDocument, fromVersion }, { subject }, context) {
    const item = there(subject);
    assertNewest(item.version, fromVersion);
    return written(item, permissionDocument, context);
  },
});

/** Kept as long as versions are; what lay under the path when it was written does still. */
export const rollBackDocument = changeOperation<AtVersion, Found, Item<PolicyDocument>>({
  name: "policy-document.rollback",
  async locate(input, context) {
    const located = await locateDocument("policy-document.rollback", input, context);
    const earlier = await earlierOf(located.subject, input, context);
    return withFacts(located, earlier ?? []);
  },
  async run(input, { subject }, context) {
    const item = there(subject);
    const earlier = await earlierOf(item, input, context);
    if (!earlier) throw noSuchVersion();
    return written(item, earlier, context);
  },
});

async function earlierOf(
  item: Found,
  { version }: AtVersion,
  { store }: Context<View>,
): Promise<readonly Permission[] | undefined> {
  if (!item) return undefined;
  const { account, id } = item;
  const at = await store.items.itemVersion(POLICY_DOCUMENT, account, { id, version });
  return at?.content.permissionDocument;
}

function withFacts(located: Located<Found>, after: readonly Permission[]): Located<Found> {
  const before = located.subject?.content.permissionDocument ?? [];
  return {
    ...located,
    facts: { permissions: recordedPermissions(after), previous: recordedPermissions(before) },
  };
}

async function written(
  item: Item<PolicyDocument>,
  permissionDocument: readonly Permission[],
  context: Context<Transaction>,
): Promise<Item<PolicyDocument>> {
  const after = revised(item, { content: { permissionDocument } }, handOf(context));
  await context.store.items.putItem(after);
  return after;
}

/** Whoever wrote from another version has not seen what would be lost. */
export function assertNewest(newest: number, fromVersion: number | undefined): void {
  if (fromVersion === undefined || fromVersion === newest) return;
  const sentence = `It has been changed since: it is at version ${newest} by now.`;
  throw new Refusal("conflict", sentence, { reason: "version-conflict" });
}
