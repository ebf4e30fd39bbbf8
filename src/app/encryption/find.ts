/** Finding an encryption key by its path, or its id. */
import {
  checkedKeyPath,
  ENCRYPTION_KEY,
  type KeyItem,
  type KeyOrigin,
} from "../../encryption/key.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { isUuid } from "../../kernel/ids.ts";
import { markedRefusal, targetOf } from "../items/find.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

const SERVICE = "kms";

export interface KeyInput {
  /** Joined by slashes; or its id. */
  readonly path: string;
}

export type LocatedKey = Located<KeyItem | null>;

/**
 * Where there is none, whoever may do this to a key of that path hears that there is none, and nobody else: so the
 * subject is null then, for what comes before the refusal. One that is deleted is refused like that too.
 */
export async function locateKey(
  { path: asked }: KeyInput,
  origin: KeyOrigin | "any",
  { store, call }: Context<View>,
): Promise<LocatedKey> {
  const path = checkedKeyPath(asked);
  const { account } = call.place;
  // The id first: nobody takes a key's place by giving its id to another one as a path.
  const found =
    (isUuid(path) ? await store.items.item(ENCRYPTION_KEY, account, path) : undefined) ??
    (await store.items.itemNamed(ENCRYPTION_KEY, account, path));
  const resource = { service: SERVICE, place: call.place };
  if (!found || (origin !== "any" && found.content.origin !== origin)) {
    const target = { place: call.place, kind: ENCRYPTION_KEY.name, id: "", name: path };
    const refusal = new Refusal("not_found", "There is no such encryption key.");
    return { target, resource, subject: null, refusal };
  }
  const refusal = found.removal ? markedRefusal() : undefined;
  return { target: targetOf(found, call.place), resource, subject: found, refusal };
}

/** The same for what is done to one that is deleted. */
export async function locateRemovedToo(
  input: KeyInput,
  origin: KeyOrigin,
  context: Context<View>,
): Promise<LocatedKey> {
  const located = await locateKey(input, origin, context);
  return located.subject ? { ...located, refusal: undefined } : located;
}

/** What a path that is free is located as, until the key is there. */
export async function locateNewKey(
  { path: asked }: KeyInput,
  id: string,
  { store, call: { place } }: Context<View>,
): Promise<Located<string>> {
  const path = checkedKeyPath(asked);
  const taken = await store.items.itemNamed(ENCRYPTION_KEY, place.account, path);
  const target = { place, kind: ENCRYPTION_KEY.name, id: "", name: path };
  return {
    target,
    becomes: { ...target, id },
    resource: { service: SERVICE, place },
    subject: id,
    refusal: taken && takenRefusal(taken),
  };
}

function takenRefusal({ removal }: KeyItem): Refusal {
  const sentence = removal
    ? "An encryption key at this path is marked for deletion: restore it, or wait until it is removed."
    : "An encryption key at this path already exists.";
  return new Refusal("conflict", sentence);
}

/** What runs has a key: without one the operation was refused. */
export function present(subject: KeyItem | null): KeyItem {
  invariant(subject !== null, "a key that is not there has been refused");
  return subject;
}
