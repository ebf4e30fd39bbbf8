/** API keys as they are seen after they were made: one, many, or the one that a value belongs to. */
import type { ApiKey, ApiKeyOrder } from "../../identity/api-key.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { callerId, readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { keyTarget, noSuchKey } from "./api-key-events.ts";
import { inAccount, placeOf, targetOf } from "./find.ts";
import { mayToo } from "./further-rights.ts";
import {
  activityOfKey,
  KEY_CHANGES,
  toldOf,
  type Lived,
  type Telling,
  type Told,
} from "./history.ts";
import { walkOf, type ListPart, type WalkInput } from "./list-parts.ts";
import { assertOwnAccount } from "./own-account.ts";

export interface ListApiKeysInput extends WalkInput<ApiKeyOrder> {
  /** Of one identity only. */
  readonly iamId?: string | undefined;
  /** `entity`: where no identity is named, the caller's own. */
  readonly scope?: "entity" | "account" | undefined;
  /** Those of users, or those of service IDs. */
  readonly type?: "user" | "serviceid" | undefined;
  readonly account?: string | undefined;
  readonly includeHistory?: boolean | undefined;
}

/** A key with what the trail says of it, where that was asked for. */
export interface ShownApiKey extends Told {
  readonly key: ApiKey;
}

export interface ListedApiKeys extends ListPart<ApiKeyOrder> {
  readonly apiKeys: readonly ShownApiKey[];
}

/** A user without a role for it sees its own keys and no others. */
export const listApiKeys = readOperation<ListApiKeysInput, string | undefined, ListedApiKeys>({
  name: "apikey.list",
  async locate(input, { call, caller, scope }) {
    assertOwnAccount(input.account, call);
    const whole = inAccount("apikey.list", call, { target: null, subject: undefined });
    const seesAll = whole.resource !== null && scope(whole.resource).kind === "all";
    const isForAll = input.scope !== "entity" && seesAll;
    const iamId = input.iamId ?? (isForAll ? undefined : callerId(caller));
    const facts = { iamId };
    return inAccount("apikey.list", call, { target: null, subject: iamId, owner: iamId, facts });
  },
  async run(input, { subject: iamId }, context) {
    const { store, call } = context;
    const walk = walkOf(input);
    const { account } = placeOf(call);
    const filter = { iamId, ownedBy: input.type };
    const { items, ...part } = await store.identity.walkApiKeys(account, filter, walk);
    const apiKeys: ShownApiKey[] = [];
    for (const key of items) apiKeys.push(await shown(key, input, context));
    return { apiKeys, ...part, order: walk, offset: walk.offset, limit: walk.limit };
  },
});

export interface ReadApiKeyInput extends Telling {
  readonly id: string;
}

export const readApiKey = readOperation<ReadApiKeyInput, ApiKey, ShownApiKey>({
  name: "apikey.read",
  async locate({ id }, { store, call }) {
    const key = await store.identity.apiKey(call.place.account, id);
    if (!key) throw noSuchKey();
    return inAccount("apikey.read", call, {
      target: keyTarget(key),
      subject: key,
      owner: key.iamId,
    });
  },
  run: (input, { subject: key }, context) => shown(key, input, context),
});

async function shown(key: ApiKey, asked: Telling, context: Context<View>): Promise<ShownApiKey> {
  const lived: Lived = {
    target: keyTarget(key),
    changes: KEY_CHANGES,
    activity: (seen) => activityOfKey(key, seen),
  };
  return { key, ...(await toldOf(lived, asked, context)) };
}

export interface IdentifyApiKeyInput {
  readonly apiKey: Sensitive<string>;
  readonly includeHistory?: boolean | undefined;
}

export interface IdentifiedApiKey extends ShownApiKey {
  /** Recorded. */
  readonly id: string;
}

/**
 * Tells which key a value is of. Whoever holds the value could log in with it, so it is all that is asked for besides
 * being somebody of the account; what is not a key of the account is unknown. Its history is for those who may read it.
 */
export const identifyApiKey = readOperation<
  IdentifyApiKeyInput,
  ApiKey | undefined,
  IdentifiedApiKey
>({
  name: "apikey.identify",
  async locate({ apiKey }, { store, call, capabilities }) {
    const hash = capabilities.credentials.hashOfApiKey(apiKey);
    const found = hash === undefined ? undefined : await store.identity.credentialByHash(hash);
    const { account } = call.place;
    const key = found?.key?.account === account ? found.key : undefined;
    // Not thrown: nobody needs a role for this, so there is none that a refusal could name.
    const target = key
      ? targetOf(call, keyTarget(key))
      : { place: placeOf(call), kind: "", id: "", name: "" };
    return { target, resource: null, subject: key };
  },
  async run({ includeHistory }, { subject: key }, context) {
    if (!key) throw noSuchKey();
    const mayRead =
      key.iamId === callerId(context.caller) || (await mayToo("apikey.read", context));
    const asked = { includeHistory: includeHistory && mayRead };
    return { id: key.id, ...(await shown(key, asked, context)) };
  },
});
