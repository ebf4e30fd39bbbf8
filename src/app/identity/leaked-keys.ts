/**
 * Leaked API keys: whoever comes upon one, a scanner of repositories, a stranger, reports it by its value and needs
 * nothing else. What becomes of the key is what its owner decided when it was made (`actionWhenLeaked`).
 */
import { timingSafeEqual } from "node:crypto";
import { operatorPlace } from "../../audit/crn.ts";
import { isAccessKeyId } from "../../identity/access-key.ts";
import { withSessionsEnded, type ActionWhenLeaked, type ApiKey } from "../../identity/api-key.ts";
import { newEntityTag } from "../../identity/entity-tag.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Call } from "../call.ts";
import { changeOperation, type Consequence, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { keyTarget, serviceIdOf, updateOf } from "./api-key-events.ts";
import { targetOf } from "./find.ts";
import { deletionOf } from "./removal.ts";
import { openedAccessKey } from "./sealed-access-keys.ts";

/** As people write the two in one line. */
const ACCESS_KEY = /^(A[A-Z2-7]{19})[:, ](\S{1,128})$/;

export interface ReportLeakInput {
  readonly apiKey: Sensitive<string>;
}

/**
 * Answers the same whether there is such a key or not: a guess learns nothing. The report of a key stands in the trail
 * of its account; one of a value that is nobody's in the operator's own stream.
 *
 * A leak is stronger than a lock: a locked key is disabled like any other. It is not deleted, though, where it is
 * locked itself or by its service ID, but disabled instead: what has been locked is not taken away by strangers.
 */
export const reportLeakedKey = changeOperation<ReportLeakInput, ApiKey | null, object>({
  name: "apikey.leak",
  forAnyone: true,
  async locate({ apiKey }, { store, call, capabilities }) {
    const key = (await keyOfValue(apiKey, { store, capabilities })) ?? null;
    const target = key
      ? targetOf(inAccountOf(key, call), keyTarget(key))
      : { place: operatorPlace(), kind: "", id: "", name: "leaked key" };
    return { target, resource: null, subject: key, byParts: true };
  },
  async run(input, { subject: key, target }, context) {
    const operation = "apikey.leak";
    if (key) {
      const taken = await actedOn(key, context);
      context.also({ operation, target, input, output: { id: key.id, taken } });
      if (taken !== "none") context.also(consequenceOf(key, taken, context));
    } else {
      const output = new Refusal("not_found", "There is no such API key.");
      context.also({ operation, target, input, output });
    }
    return {};
  },
});

/** By what it logs in with; an access key by its id and its secret, as `ID:SECRET`: the id alone is no secret. */
async function keyOfValue(
  value: Sensitive<string>,
  { store, capabilities }: Pick<Context<View>, "store" | "capabilities">,
): Promise<ApiKey | undefined> {
  const hash = capabilities.credentials.hashOfApiKey(value);
  if (hash !== undefined) return (await store.identity.credentialByHash(hash))?.key ?? undefined;
  const [, id = "", secret = ""] = ACCESS_KEY.exec(value.reveal()) ?? [];
  const key = isAccessKeyId(id) ? await store.accessKeys.accessKey(id) : undefined;
  if (key?.of.kind !== "key") return undefined;
  const opened = await openedAccessKey(key, store, capabilities.vault);
  if (!isSameText(opened, secret)) return undefined;
  return (await store.identity.credential(key.of.apiKey))?.key ?? undefined;
}

function isSameText(one: Sensitive<string>, other: string): boolean {
  const [held, offered] = [Buffer.from(one.reveal()), Buffer.from(other)];
  return held.length === offered.length && timingSafeEqual(held, offered);
}

/** What was done: less than its owner asked for where the key is locked, and nothing where that has been done before. */
async function actedOn(
  key: ApiKey,
  { store, now }: Context<Transaction>,
): Promise<ActionWhenLeaked> {
  if (key.actionWhenLeaked === "none") return "none";
  const isLocked = key.locked || (await serviceIdOf(key, store))?.locked === true;
  if (key.actionWhenLeaked === "delete" && !isLocked) {
    await store.identity.deleteApiKey(key.account, key.id);
    return "delete";
  }
  if (key.disabled) return "none";
  const modified = { ...key, disabled: true, entityTag: newEntityTag(), modifiedAt: now };
  const disabled = withSessionsEnded(modified, now);
  await store.identity.putApiKey(disabled);
  await store.logins.endSessionsOf(key.account, key.iamId, key.id);
  return "disable";
}

/** The server's own doing, in the history of the key. */
function consequenceOf(
  key: ApiKey,
  taken: Exclude<ActionWhenLeaked, "none">,
  { call }: Context<Transaction>,
): Consequence {
  const { id, locked: lock } = key;
  return {
    operation: taken === "delete" ? deletionOf(key) : updateOf(key),
    target: targetOf(inAccountOf(key, call), keyTarget(key)),
    input: taken === "delete" ? { id, lock } : { id, lock, disabled: true },
    output: {},
    caller: { kind: "internal", job: "leaks" },
  };
}

function inAccountOf({ account }: ApiKey, call: Call): Call {
  return { ...call, place: { ...call.place, account } };
}
