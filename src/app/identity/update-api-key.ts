/**
 * Changes of API keys: their fields, locked and unlocked, disabled and enabled. All of it is one operation, as with
 * IBM, whose events tell these apart by what they record: `lock`, `disabled`, and the name before and after.
 */
import {
  checkedExpiry,
  withSessionsEnded,
  type ActionWhenLeaked,
  type ApiKey,
} from "../../identity/api-key.ts";
import { assertEntityTag, newEntityTag } from "../../identity/entity-tag.ts";
import { checkedDescription, checkedName } from "../../identity/text.ts";
import { isUserId } from "../../identity/user.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { changeOperation } from "../operation.ts";
import type { View } from "../state.ts";
import { keepAdministered } from "./administration.ts";
import { keyTarget, noSuchKey, ownerFacts, serviceIdOf, updateOf } from "./api-key-events.ts";
import { inAccount, targetOf } from "./find.ts";
import { assertUnlocked } from "./removal.ts";

/** What is left out stays. */
export interface ApiKeyFields {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly actionWhenLeaked?: ActionWhenLeaked | undefined;
  readonly supportSessions?: boolean | undefined;
  /** RFC 3339, ahead; null: never. */
  readonly expiresAt?: string | null | undefined;
}

export type ApiKeyChange =
  | {
      readonly kind: "fields";
      readonly fields: ApiKeyFields;
      /** The entity tag that the key had when it was read, or `*`. */
      readonly ifMatch: string;
    }
  | { readonly kind: "lock" | "unlock" | "disable" | "enable" };

export interface UpdateApiKeyInput {
  readonly id: string;
  readonly change: ApiKeyChange;
}

export interface Update {
  readonly before: ApiKey;
  readonly after: ApiKey;
  /** What is locked, if that is in the way: the key, or the service ID it belongs to. */
  readonly locked: string | null;
}

/**
 * A locked key, and every key of a locked service ID, can only be locked and unlocked. A key that is disabled ends the
 * sessions that were opened with it, also those that have no row, and enabling it brings none of them back.
 */
export const updateApiKey = changeOperation<UpdateApiKeyInput, Update, ApiKey>({
  name: "user-apikey.update",
  async locate({ id, change }, { store, call, now }) {
    const before = await store.identity.apiKey(call.place.account, id);
    if (!before) throw noSuchKey();
    const after = changed(before, change, now);
    const locked = isAboutLock(change) ? null : await lockedOf(before, store);
    const lock = locked !== null || after.locked;
    const facts = { ...(await ownerFacts(after, store)), lock, ...factsOf(change, before, after) };
    const subject = { before, after, locked };
    return {
      ...inAccount(updateOf(before), call, {
        target: keyTarget(before),
        subject,
        owner: before.iamId,
        facts,
      }),
      becomes: targetOf(call, keyTarget(after)),
    };
  },
  async run({ change }, { subject: { before, after, locked } }, context) {
    const { store } = context;
    assertUnlocked({ locked: locked !== null }, locked ?? "");
    if (change.kind === "fields") assertEntityTag(before, change.ifMatch);
    if (after === before) return before;
    await keepAdministered(context, () => store.identity.putApiKey(after));
    if (change.kind === "disable") {
      await store.logins.endSessionsOf(after.account, after.iamId, after.id);
    }
    return after;
  },
});

async function lockedOf(key: ApiKey, store: View): Promise<Update["locked"]> {
  if (key.locked) return "API key";
  return (await serviceIdOf(key, store))?.locked ? "service ID of this API key" : null;
}

function isAboutLock({ kind }: ApiKeyChange): boolean {
  return kind === "lock" || kind === "unlock";
}

/** The key as it was where it is already as it shall be. Refuses values that no key has. */
function changed(key: ApiKey, change: ApiKeyChange, now: Millis): ApiKey {
  const modified = { ...key, entityTag: newEntityTag(), modifiedAt: now };
  switch (change.kind) {
    case "fields": {
      // Given more time, it logs in again; what its expiry has ended stays ended.
      const hasExpired = key.expiresAt !== null && key.expiresAt <= now;
      const lasting = hasExpired ? withSessionsEnded(modified, now) : modified;
      return { ...lasting, ...checkedFields(key, change.fields, now) };
    }
    case "lock":
    case "unlock": {
      const locked = change.kind === "lock";
      return key.locked === locked ? key : { ...modified, locked };
    }
    case "disable":
    case "enable": {
      const disabled = change.kind === "disable";
      if (key.disabled === disabled) return key;
      return { ...(disabled ? withSessionsEnded(modified, now) : modified), disabled };
    }
  }
}

function checkedFields(key: ApiKey, fields: ApiKeyFields, now: Millis): Partial<ApiKey> {
  const { name, description, expiresAt } = fields;
  const { actionWhenLeaked = key.actionWhenLeaked, supportSessions = key.supportSessions } = fields;
  if (supportSessions && !isUserId(key.iamId)) {
    throw new Refusal("invalid_request", "Sessions are supported for API keys of users only.");
  }
  return {
    ...(name === undefined ? {} : { name: checkedName(name) }),
    ...(description === undefined ? {} : { description: checkedDescription(description) }),
    ...(expiresAt === null ? { expiresAt } : {}),
    ...(typeof expiresAt === "string" ? { expiresAt: checkedExpiry(expiresAt, now) } : {}),
    actionWhenLeaked,
    supportSessions,
  };
}

/** Names only where fields were changed, so that an unlocking is not taken for a new description. */
function factsOf(change: ApiKeyChange, before: ApiKey, after: ApiKey): object {
  switch (change.kind) {
    case "fields": {
      const { expiresAt, actionWhenLeaked } = change.fields;
      return {
        prev_instance_name: before.name,
        instance_name: after.name,
        expiresAt,
        actionWhenLeaked,
      };
    }
    case "disable":
    case "enable":
      return { disabled: change.kind === "disable" };
    case "lock":
    case "unlock":
      return {};
  }
}
