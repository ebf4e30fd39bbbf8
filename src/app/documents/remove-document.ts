/** A policy document deleted, for good or so that it can be had back; and had back. It allows nothing in between. */
import type { PolicyDocument } from "../../identity/documents/document.ts";
import { recordedPermissions } from "../../identity/documents/recorded.ts";
import { broughtBack, removed, type Item } from "../../items/item.ts";
import { toRfc3339, type Millis } from "../../kernel/clock.ts";
import { assertRemoved } from "../items/find.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation } from "../operation.ts";
import { locateDocument, there, type Found } from "./find.ts";
import type { AtPath } from "./policy-documents.ts";

export interface DeleteDocumentInput extends AtPath {
  /** With its versions, and at once; also one that could still be had back. */
  readonly force?: boolean | undefined;
}

export interface DeletedDocument {
  /** From when on it is gone; null where it is gone. */
  readonly due: Millis | null;
  /** For the record: the same as a time. */
  readonly dueAt?: string;
}

export const deletePolicyDocument = changeOperation<DeleteDocumentInput, Found, DeletedDocument>({
  name: "policy-document.delete",
  async locate(input, context) {
    const located = await locateDocument("policy-document.delete", input, context);
    const { subject: item } = located;
    const previous = recordedPermissions(item?.content.permissionDocument ?? []);
    const refusal = item && input.force ? undefined : located.refusal;
    return { ...located, refusal, facts: { previous } };
  },
  async run({ force = false }, { subject }, context) {
    const { items } = context.store;
    const item = there(subject);
    if (force) {
      await items.deleteItem(item);
      return { due: null };
    }
    const aside = removed(item, handOf(context));
    await items.putItem(aside);
    const due = aside.removal?.dueAt ?? context.now;
    return { due, dueAt: toRfc3339(due) };
  },
});

export const restorePolicyDocument = changeOperation<AtPath, Found, Item<PolicyDocument>>({
  name: "policy-document.restore",
  async locate(input, context) {
    const located = await locateDocument("policy-document.restore", input, context);
    const { subject: item } = located;
    const permissions = recordedPermissions(item?.content.permissionDocument ?? []);
    return { ...located, refusal: item ? undefined : located.refusal, facts: { permissions } };
  },
  async run(_input, { subject }, { store }) {
    const item = there(subject);
    assertRemoved(item);
    const back = broughtBack(item);
    await store.items.putItem(back);
    return back;
  },
});
