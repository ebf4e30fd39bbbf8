/**
 * What is kept of identities beside their own stores: their earlier versions, and, while one is deleted and can be had
 * back, what it takes to make it again.
 */
import { itemKind } from "../items/item.ts";

/** What a version shows, and of what was deleted what was taken apart. Both are JSON. */
export interface Recoverable<Shown extends object, Parts extends object> {
  readonly shown: Shown;
  /** Null while it is in its own store. */
  readonly parts: Parts | null;
}

/** Declares a kind of them. */
export function recoverableKind<Shown extends object, Parts extends object>(name: string) {
  return itemKind<Recoverable<Shown, Parts>>(name);
}
