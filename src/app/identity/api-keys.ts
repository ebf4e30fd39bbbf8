/** API keys of users and of service IDs: made, listed, deleted. A key's value leaves once, when it is made. */
import {
  MAX_API_KEYS_PER_IDENTITY,
  newApiKeyId,
  type ApiKey,
  type CredentialOwner,
} from "../../identity/api-key.ts";
import { newEntityTag } from "../../identity/entity-tag.ts";
import { checkedDescription, checkedName } from "../../identity/text.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { callerId, changeOperation, readOperation } from "../operation.ts";
import { assertRoom, inAccount, placeOf, windowOf, type ListInput } from "./find.ts";
import { assertUnlocked, deletionOf } from "./removal.ts";

export interface CreateApiKeyInput {
  /** Whose key it will be: the IAM id of a user or a service ID of the account. */
  readonly iamId: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** RFC 3339; it must lie ahead. */
  readonly expiresAt?: string | undefined;
}

export interface CreatedApiKey extends ApiKey {
  readonly value: Sensitive<string>;
}

interface NewKey {
  readonly owner: CredentialOwner;
  readonly key: ApiKey;
}

export const createApiKey = changeOperation<CreateApiKeyInput, NewKey, CreatedApiKey>({
  name: "user-apikey.create",
  async locate({ iamId, name, description = "", expiresAt }, { store, call, caller, now }) {
    const owner = await store.identity.principal(call.place.account, iamId);
    if (!owner || owner.kind === "profile") {
      throw new Refusal("not_found", "There is no such user or service ID.");
    }
    const key: ApiKey = {
      id: newApiKeyId(),
      account: owner.account,
      iamId,
      name: checkedName(name),
      description: checkedDescription(description),
      locked: false,
      disabled: false,
      expiresAt: expiryOf(expiresAt, now),
      actionWhenLeaked: "none",
      supportSessions: false,
      entityTag: newEntityTag(),
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
    };
    const operation = owner.kind === "user" ? "user-apikey.create" : "serviceid-apikey.create";
    const target = { kind: "apikey", id: key.id, name: key.name } as const;
    return inAccount(operation, call, { target, subject: { owner, key } });
  },
  async run(_input, { subject: { owner, key } }, { store, capabilities }) {
    assertUnlocked({ locked: owner.kind === "serviceid" && owner.locked }, "service ID");
    const one = { offset: 0, limit: 1 };
    const { totalCount } = await store.identity.apiKeys(key.account, key.iamId, one);
    assertRoom(totalCount, MAX_API_KEYS_PER_IDENTITY, "API keys of an identity");
    const { value, hash } = capabilities.credentials.makeApiKey();
    await store.identity.putApiKey(key, hash);
    return { ...key, value };
  },
});

function expiryOf(expiresAt: string | undefined, now: Millis): Millis | null {
  if (expiresAt === undefined) return null;
  const moment = Date.parse(expiresAt);
  // Also false for what is no time at all.
  if (moment > now) return moment;
  const sentence = "`expiresAt` must be a time in the future.";
  throw new Refusal("invalid_request", sentence, { field: "expiresAt" });
}

export interface ListApiKeysInput extends ListInput {
  /** Of one identity only. */
  readonly iamId?: string | undefined;
}

export interface ListedApiKeys {
  readonly apiKeys: readonly ApiKey[];
  readonly totalCount: number;
  readonly offset: number;
  readonly limit: number;
}

export const listApiKeys = readOperation<ListApiKeysInput, null, ListedApiKeys>({
  name: "apikey.list",
  async locate(_input, { call }) {
    return inAccount("apikey.list", call, { target: null, subject: null });
  },
  async run(input, _located, { store, call }) {
    const window = windowOf(input);
    const { account } = placeOf(call);
    const { items, totalCount } = await store.identity.apiKeys(account, input.iamId, window);
    return { apiKeys: items, totalCount, ...window };
  },
});

export interface DeleteApiKeyInput {
  readonly id: string;
}

/** Ends at once every session that was opened with the key. A locked one is refused. */
export const deleteApiKey = changeOperation<DeleteApiKeyInput, ApiKey, object>({
  name: "user-apikey.delete",
  async locate({ id }, { store, call }) {
    const key = await store.identity.apiKey(call.place.account, id);
    if (!key) throw new Refusal("not_found", "There is no such API key.");
    const target = { kind: "apikey", id, name: key.name } as const;
    return inAccount(deletionOf(key), call, { target, subject: key });
  },
  async run(_input, { subject: key }, { store }) {
    assertUnlocked(key, "API key");
    await store.identity.deleteApiKey(key.account, key.id);
    return {};
  },
});
