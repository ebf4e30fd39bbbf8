/**
 * API keys of users and of service IDs: made and deleted. A key's value leaves once, when it is made: what a login brings,
 * or the secret with which an access key signs requests in AWS's way.
 */
import {
  hashInPlaceOf,
  LASTING_PREFIX,
  newAccessKey,
  type NewAccessKey,
} from "../../identity/access-key.ts";
import {
  checkedExpiry,
  MAX_API_KEYS_PER_IDENTITY,
  newApiKeyId,
  type ActionWhenLeaked,
  type ApiKey,
  type CredentialOwner,
} from "../../identity/api-key.ts";
import { newEntityTag } from "../../identity/entity-tag.ts";
import { checkedDescription, checkedName } from "../../identity/text.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { callerId, changeOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { keepAdministered } from "./administration.ts";
import { creationOf, keyTarget, noSuchKey, ownerFacts, serviceIdOf } from "./api-key-events.ts";
import { assertRoom, inAccount } from "./find.ts";
import { assertMayToo } from "./further-rights.ts";
import { assertOwnersOwn } from "./find-user.ts";
import { assertOwnAccount } from "./own-account.ts";
import { assertUnlocked, deletionOf } from "./removal.ts";
import { keepAccessKey } from "./sealed-access-keys.ts";

/** What may be chosen of a new key; its value never is. */
export interface NewApiKey {
  readonly name: string;
  readonly description?: string | undefined;
  /** RFC 3339; it must lie ahead. */
  readonly expiresAt?: string | undefined;
  readonly actionWhenLeaked?: ActionWhenLeaked | undefined;
  readonly supportSessions?: boolean | undefined;
  /** Whether it begins locked. */
  readonly lock?: boolean | undefined;
  readonly disabled?: boolean | undefined;
}

export interface CreateApiKeyInput extends Omit<NewApiKey, "name"> {
  /** An access key goes by its id where it is given no other name. */
  readonly name?: string | undefined;
  /** An access key signs requests and logs nobody in; what it is not given here logs in and signs nothing. */
  readonly form?: "access-key" | undefined;
  /** Whose key it will be: the IAM id of a user or a service ID of the account. */
  readonly iamId: string;
  /** Where the wire names one: it must be the caller's own. */
  readonly account?: string | undefined;
}

export interface CreatedApiKey extends ApiKey {
  /** Of an access key: its secret. */
  readonly value: Sensitive<string>;
}

export interface NewKey {
  readonly owner: CredentialOwner;
  readonly key: ApiKey;
  readonly accessKey: NewAccessKey | null;
}

/**
 * A user makes keys of its own without a role, unless the account restricts that. Whoever has a key of another user is
 * that user: making one takes the right to change it, which a role for one's own keys does not give.
 */
export const createApiKey = changeOperation<CreateApiKeyInput, NewKey, CreatedApiKey>({
  name: "user-apikey.create",
  async locate(input, context) {
    const { store, call } = context;
    assertOwnAccount(input.account, call);
    const owner = await store.identity.principal(call.place.account, input.iamId);
    if (!owner || owner.kind === "profile") {
      throw new Refusal("not_found", "There is no such user or service ID.");
    }
    const accessKey = input.form === "access-key" ? newAccessKey(LASTING_PREFIX) : null;
    const { name = accessKey?.id ?? "" } = input;
    const made = newApiKey(owner, { ...input, name }, context);
    const key = { ...made, accessKeyId: accessKey?.id ?? null };
    const { restrictCreateApiKey } = await store.identity.settings(owner.account);
    return inAccount(creationOf(key), call, {
      target: keyTarget(key),
      subject: { owner, key, accessKey },
      owner: restrictCreateApiKey === "RESTRICTED" ? undefined : owner.iamId,
      // Also where they were asked for in other terms, by a name.
      facts: {
        ...(await ownerFacts(owner, store)),
        form: input.form,
        lock: key.locked || isLockedOwner(owner),
      },
    });
  },
  async run(_input, { subject: { owner, key, accessKey } }, context) {
    assertUnlocked({ locked: isLockedOwner(owner) }, "service ID");
    if (owner.kind === "user" && owner.iamId !== callerId(context.caller)) {
      assertOwnersOwn(owner, context.caller);
      await assertMayToo("user-apikey.update", "A key of another user", context);
    }
    return accessKey ? madeAccessKey(key, accessKey, context) : madeApiKey(key, context);
  },
});

function isLockedOwner(owner: CredentialOwner): boolean {
  return owner.kind === "serviceid" && owner.locked;
}

/** A key that is not kept yet. Refuses names, times and options that no key has. */
export function newApiKey(
  owner: CredentialOwner,
  given: NewApiKey,
  { caller, now }: Context<View>,
): ApiKey {
  const { name, description = "", expiresAt, supportSessions = false } = given;
  if (supportSessions && owner.kind === "serviceid") {
    throw new Refusal("invalid_request", "Sessions are supported for API keys of users only.");
  }
  return {
    id: newApiKeyId(),
    account: owner.account,
    iamId: owner.iamId,
    name: checkedName(name),
    description: checkedDescription(description),
    accessKeyId: null,
    locked: given.lock ?? false,
    disabled: given.disabled ?? false,
    expiresAt: expiresAt === undefined ? null : checkedExpiry(expiresAt, now),
    actionWhenLeaked: given.actionWhenLeaked ?? "none",
    supportSessions,
    sessionsSince: now,
    entityTag: newEntityTag(),
    createdAt: now,
    createdBy: callerId(caller),
    modifiedAt: now,
  };
}

/** Keeps the key under the hash of a new value; the value is in nothing but the answer. */
export async function madeApiKey(
  key: ApiKey,
  { store, capabilities }: Context<Transaction>,
): Promise<CreatedApiKey> {
  await assertRoomFor(key, store);
  const { value, hash } = capabilities.credentials.makeApiKey();
  await store.identity.putApiKey(key, hash);
  return { ...key, value };
}

/** Keeps the secret sealed; besides, it is in nothing but the answer. */
async function madeAccessKey(
  key: ApiKey,
  accessKey: NewAccessKey,
  context: Context<Transaction>,
): Promise<CreatedApiKey> {
  const { store } = context;
  await assertRoomFor(key, store);
  await store.identity.putApiKey(key, hashInPlaceOf(accessKey));
  const of = { kind: "key", apiKey: key.id } as const;
  await keepAccessKey(accessKey, { account: key.account, of }, context);
  return { ...key, value: accessKey.secret };
}

async function assertRoomFor({ account, iamId }: ApiKey, { identity }: View): Promise<void> {
  const { totalCount } = await identity.apiKeys(account, iamId, { offset: 0, limit: 1 });
  assertRoom(totalCount, MAX_API_KEYS_PER_IDENTITY, "API keys of an identity");
}

export interface DeleteApiKeyInput {
  readonly id: string;
}

export interface DoomedKey {
  readonly key: ApiKey;
  readonly isLocked: boolean;
}

/**
 * Ends at once every session that was opened with the key. Refused for a locked one, one of a locked service ID, and the
 * last by which a service ID administers the account when nobody else does.
 */
export const deleteApiKey = changeOperation<DeleteApiKeyInput, DoomedKey, object>({
  name: "user-apikey.delete",
  async locate({ id }, { store, call }) {
    const key = await store.identity.apiKey(call.place.account, id);
    if (!key) throw noSuchKey();
    const serviceId = await serviceIdOf(key, store);
    const isLocked = key.locked || serviceId?.locked === true;
    return inAccount(deletionOf(key), call, {
      target: keyTarget(key),
      subject: { key, isLocked },
      owner: key.iamId,
      facts: { ...(await ownerFacts(key, store)), lock: isLocked },
    });
  },
  async run(_input, { subject: { key, isLocked } }, context) {
    assertUnlocked({ locked: isLocked }, key.locked ? "API key" : "service ID of this API key");
    await keepAdministered(context, () => context.store.identity.deleteApiKey(key.account, key.id));
    return {};
  },
});
