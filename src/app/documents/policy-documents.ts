/** Policy documents: made, read, listed. What is in them holds from the moment on in which they are committed. */
import {
  MAX_DOCUMENTS_PER_ACCOUNT,
  POLICY_DOCUMENT,
  type Permission,
  type PolicyDocument,
} from "../../identity/documents/document.ts";
import { recordedPermissions } from "../../identity/documents/recorded.ts";
import { newItem, type Item, type ItemQuery, type ItemVersion } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { assertRoom, inAccount, placeOf } from "../identity/find.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation, readOperation } from "../operation.ts";
import {
  documentTarget,
  locateDocument,
  noSuchVersion,
  SERVICE,
  there,
  type Found,
} from "./find.ts";

export interface WrittenDocument {
  /** Joined by colons. */
  readonly path: string;
  /** As they were read: about nothing that does not lie under the path. */
  readonly permissionDocument: readonly Permission[];
}

/** One document to a path; also of one that is deleted, while it can be had back. */
export const createPolicyDocument = changeOperation<
  WrittenDocument,
  { readonly id: string },
  Item<PolicyDocument>
>({
  name: "policy-document.create",
  async locate({ path, permissionDocument }, { call }) {
    const place = placeOf(call);
    const id = randomId();
    return {
      target: documentTarget(id, path, place),
      resource: { service: SERVICE, place },
      subject: { id },
      facts: { permissions: recordedPermissions(permissionDocument) },
    };
  },
  async run({ path, permissionDocument }, { subject: { id } }, context) {
    const { store, call } = context;
    const { account } = call.place;
    const other = await store.items.itemNamed(POLICY_DOCUMENT, account, path);
    if (other) throw taken(other);
    const everyOne = { includesRemoved: true, offset: 0, limit: 1 };
    const { totalCount } = await store.items.items(POLICY_DOCUMENT, account, everyOne);
    assertRoom(totalCount, MAX_DOCUMENTS_PER_ACCOUNT, "policies in an account");
    const named = { account, id, name: path, content: { permissionDocument } };
    const item = newItem(POLICY_DOCUMENT, named, handOf(context));
    await store.items.putItem(item);
    return item;
  },
});

function taken({ removal }: Item<PolicyDocument>): Refusal {
  const sentence = removal
    ? "A policy with this path is marked for deletion and will be removed; restore it, or delete it by force."
    : "A policy with this path already exists.";
  return new Refusal("conflict", sentence);
}

export interface AtPath {
  readonly path: string;
}

export const readPolicyDocument = readOperation<AtPath, Found, Item<PolicyDocument>>({
  name: "policy-document.read",
  locate: (input, context) => locateDocument("policy-document.read", input, context),
  run: async (_input, { subject }) => there(subject),
});

export interface AtVersion extends AtPath {
  readonly version: number;
}

/** The document as it was, with what it is called and who made it. */
export interface DocumentVersion {
  readonly item: Item<PolicyDocument>;
  readonly at: ItemVersion<PolicyDocument>;
}

export const readDocumentVersion = readOperation<AtVersion, Found, DocumentVersion>({
  name: "policy-document.version.read",
  locate: (input, context) => locateDocument("policy-document.version.read", input, context),
  async run({ version }, { subject }, { store }) {
    const item = there(subject);
    const { account, id } = item;
    const at = await store.items.itemVersion(POLICY_DOCUMENT, account, { id, version });
    if (!at) throw noSuchVersion();
    return { item, at };
  },
});

/** Which part of the list, by its paths; see `ItemQuery`. */
export type ListDocumentsInput = Omit<ItemQuery, "includesRemoved">;

export interface ListedDocuments {
  readonly items: readonly Item<PolicyDocument>[];
  readonly totalCount: number;
}

export const listPolicyDocuments = readOperation<ListDocumentsInput, null, ListedDocuments>({
  name: "policy-document.list",
  locate: async (_input, { call }) =>
    inAccount("policy-document.list", call, { target: null, subject: null }),
  run: (query, _located, { store, call }) =>
    store.items.items(POLICY_DOCUMENT, call.place.account, query),
});
