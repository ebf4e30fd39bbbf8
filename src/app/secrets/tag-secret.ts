/** Puts tags on a secret, and takes them off. */
import type { Secret } from "../../secrets/secret.ts";
import { withoutTags, withTags, type Tag } from "../../secrets/tags.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { locateSecret, type CalledSecret } from "./find.ts";

export type TagSecretInput = CalledSecret & { readonly tags: readonly Tag[] };
export type UntagSecretInput = CalledSecret & { readonly tagKeys: readonly string[] };

/** Each in place of the one of its key. */
export const tagSecret = changeOperation<TagSecretInput, Secret, object>({
  name: "secret.tag",
  locate: locateSecret,
  run: (input, { subject: secret }, context) =>
    retag(secret, withTags(secret.tags, input.tags), context),
});

/** What is not there is not missed. */
export const untagSecret = changeOperation<UntagSecretInput, Secret, object>({
  name: "secret.untag",
  locate: locateSecret,
  run: (input, { subject: secret }, context) =>
    retag(secret, withoutTags(secret.tags, input.tagKeys), context),
});

async function retag(
  before: Secret,
  tags: Secret["tags"],
  context: Context<Transaction>,
): Promise<object> {
  await context.store.secrets.updateSecret({ ...before, tags, updatedAt: context.now });
  return {};
}
