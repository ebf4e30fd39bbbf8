/** Tags of AWS's kind: pairs of a key and a value, neither of them secret. */
import { Refusal } from "../kernel/errors.ts";
import type { Secret } from "./secret.ts";

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export const MAX_TAGS = 50;
export const MAX_TAG_KEY_CHARS = 128;
export const MAX_TAG_VALUE_CHARS = 256;
/** What the keys of AWS's own tags begin with, whatever their case. */
const RESERVED_PREFIX = "aws:";

/** The tags with further ones, each in place of the one of its key. Refuses what is none, and too many. */
export function withTags(tags: Secret["tags"], given: readonly Tag[]): Secret["tags"] {
  const keys = given.map(({ key }) => key);
  checkTagKeys(keys);
  if (new Set(keys).size < keys.length) throw unfit("A tag key is given once.", "tag-key-twice");
  for (const { value } of given) checkText(value, 0, MAX_TAG_VALUE_CHARS);
  const all = { ...tags, ...Object.fromEntries(given.map(({ key, value }) => [key, value])) };
  if (Object.keys(all).length > MAX_TAGS) {
    const sentence = `A secret has at most ${MAX_TAGS} tags.`;
    throw new Refusal("precondition_failed", sentence, { reason: "too-many-tags" });
  }
  return all;
}

/** The tags without those of these keys; what is not there is not missed. */
export function withoutTags(tags: Secret["tags"], keys: readonly string[]): Secret["tags"] {
  checkTagKeys(keys);
  const gone = new Set(keys);
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key)));
}

function checkTagKeys(keys: readonly string[]): void {
  for (const key of keys) {
    checkText(key, 1, MAX_TAG_KEY_CHARS);
    if (key.toLowerCase().startsWith(RESERVED_PREFIX)) {
      throw unfit(`Tag keys that begin with ${RESERVED_PREFIX} are reserved.`, "reserved-tag");
    }
  }
}

function checkText(text: string, minChars: number, maxChars: number): void {
  if (text.length < minChars || text.length > maxChars || !text.isWellFormed()) {
    throw unfit(
      `A tag has a key of 1 to ${MAX_TAG_KEY_CHARS} and a value of up to ${MAX_TAG_VALUE_CHARS} characters of well-formed Unicode.`,
      "bad-tag",
    );
  }
}

function unfit(sentence: string, reason: string): Refusal {
  return new Refusal("invalid_request", sentence, { field: "tags", reason });
}
