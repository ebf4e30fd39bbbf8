/** What DSV says of everything: its id, who made and who changed it, and when, to the second. */
import type { Item } from "../../../items/item.ts";
import { toRfc3339, type Millis } from "../../../kernel/clock.ts";

export function seconds(at: Millis): string {
  return toRfc3339(at).replace(/\.\d+Z$/, "Z");
}

export interface Known {
  readonly id: string;
  readonly version: number;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
  readonly modifiedBy: string;
}

export function metadata({ id, version, createdAt, createdBy, modifiedAt, modifiedBy }: Known) {
  return {
    id,
    created: seconds(createdAt),
    createdBy,
    lastModified: seconds(modifiedAt),
    lastModifiedBy: modifiedBy,
    version: String(version),
  };
}

export function metadataOf(item: Item<object>): object {
  return metadata(item);
}

/** What is answered to a deletion that can be taken back: clients look for the words. `what` is DSV's noun for it. */
export function willBeRemoved(what: string, dueAt: Millis): object {
  const words = `${what} marked for deletion and will be removed in about 72 hours`;
  return { message: `${words}, on ${seconds(dueAt)}` };
}
