/** `Tags`, as several actions have them. */
import { MAX_TAG_KEY_CHARS, MAX_TAG_VALUE_CHARS, type Tag } from "../../../../secrets/tags.ts";
import type { Members } from "../members.ts";
import type { WireObject } from "../wire-values.ts";

/** Undefined where the member is not given. How many a secret may have is for the operation to say. */
export function tagsIn(members: Members): readonly Tag[] | undefined {
  return members.itemsOrNothing("Tags", (tag) => ({
    key: tag.text("Key", { min: 1, max: MAX_TAG_KEY_CHARS }),
    value: tag.textOrNothing("Value", { max: MAX_TAG_VALUE_CHARS }) ?? "",
  }));
}

export function tagMembers(tags: Readonly<Record<string, string>>): readonly WireObject[] {
  return Object.entries(tags).map(([key, value]) => ({ Key: key, Value: value }));
}
