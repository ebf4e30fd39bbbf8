/** Calls about API keys, read from IBM's wire. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { CreateApiKeyInput, NewApiKey } from "../../../../app/identity/api-keys.ts";
import type {
  IdentifyApiKeyInput,
  ListApiKeysInput,
  ReadApiKeyInput,
} from "../../../../app/identity/read-api-keys.ts";
import type { ApiKeyChange, UpdateApiKeyInput } from "../../../../app/identity/update-api-key.ts";
import { isApiKeyId, LEAK_ACTIONS, type ApiKeyOrder } from "../../../../identity/api-key.ts";
import { isActingServiceId } from "../../../../identity/service-id.ts";
import { isUserId } from "../../../../identity/user.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { About } from "../../../route.ts";
import { bodyOf, read } from "../body.ts";
import { segment } from "../path.ts";
import { Query } from "../query.ts";
import { flagHeader, ifMatchOf, offeredKey } from "./headers.ts";
import { askedOf, type Sorts } from "./pages.ts";

export const KEY_SORTS: Sorts<ApiKeyOrder> = {
  name: "name",
  description: "description",
  created_at: "createdAt",
  created_by: "createdBy",
};

/** What a key that is made on its own, and one that comes with a service ID, have in common. */
export const newKeyFields = {
  name: z.string(),
  description: z.string().optional(),
  apikey: z.unknown().optional(),
  store_value: z.boolean().optional(),
  action_when_leaked: z.enum(LEAK_ACTIONS).optional(),
  expires_at: z.string().optional(),
};

const newKey = z.strictObject({
  ...newKeyFields,
  iam_id: z.string(),
  account_id: z.string().optional(),
  support_sessions: z.boolean().optional(),
});

const changedKey = z.strictObject({
  name: z.string().optional(),
  description: z.string().optional(),
  support_sessions: z.boolean().optional(),
  action_when_leaked: z.enum(LEAK_ACTIONS).optional(),
  expires_at: z.string().nullable().optional(),
});

export const aboutKey: About = (request) => {
  const id = segment(request, "id");
  return isApiKeyId(id) ? { kind: "apikey", id } : null;
};

/** The id of a key. Refuses what is no id, so that nothing else is ever looked for, or recorded. */
export function keyIdIn(request: FastifyRequest): string {
  const id = segment(request, "id");
  if (isApiKeyId(id)) return id;
  throw new Refusal("invalid_request", "The id of an API key is ApiKey- and a UUID.");
}

/** The IAM id of a user or a service ID, which are those that have keys. */
export function ownerId(iamId: string): string {
  if (isUserId(iamId) || isActingServiceId(iamId)) return iamId;
  const sentence = "An iam_id is IBMid-… of a user, or iam-ServiceId-… of a service ID.";
  throw new Refusal("invalid_request", sentence, { field: "iam_id" });
}

export function decodeNewKey(request: FastifyRequest): CreateApiKeyInput {
  const { iam_id: iamId, ...given } = read(newKey, bodyOf(request));
  return {
    ...newKeyOf(given),
    iamId: ownerId(iamId),
    account: given.account_id,
    supportSessions: given.support_sessions,
    lock: flagHeader(request, "Entity-Lock"),
    disabled: flagHeader(request, "Entity-Disable"),
  };
}

type NewKeyFields = z.output<z.ZodObject<typeof newKeyFields>>;

/** A value is random, 256 bits, and seen once: what callers choose, or may read again, is neither here. */
export function newKeyOf(given: NewKeyFields): NewApiKey {
  if (given.apikey !== undefined) {
    const sentence = "The value of an API key is made here: it cannot be chosen (apikey).";
    throw new Refusal("invalid_request", sentence, { field: "apikey" });
  }
  if (given.store_value) {
    const sentence = "The value of an API key is not kept, and shown only once (store_value).";
    throw new Refusal("invalid_request", sentence, { field: "store_value" });
  }
  return {
    name: given.name,
    description: given.description,
    actionWhenLeaked: given.action_when_leaked,
    expiresAt: given.expires_at === "" ? undefined : given.expires_at,
  };
}

/** With nothing said of a scope these are the keys of one identity: the caller, or the one that is named. */
export function decodeKeyList(request: FastifyRequest): ListApiKeysInput {
  const own = ["account_id", "iam_id", "scope", "type"] as const;
  const { query, walk } = askedOf(request, own, KEY_SORTS);
  const iamId = query.text("iam_id");
  return {
    ...walk,
    account: query.text("account_id"),
    iamId: iamId === undefined ? undefined : ownerId(iamId),
    scope: query.oneOf("scope", ["entity", "account"]) ?? "entity",
    type: query.oneOf("type", ["user", "serviceid"]),
  };
}

export function decodeKey(request: FastifyRequest): ReadApiKeyInput {
  const query = new Query(request, ["include_history", "include_activity"]);
  return {
    id: keyIdIn(request),
    includeHistory: query.flag("include_history"),
    includeActivity: query.flag("include_activity"),
  };
}

export function decodeOfferedKey(request: FastifyRequest): IdentifyApiKeyInput {
  const query = new Query(request, ["include_history"]);
  return { apiKey: offeredKey(request), includeHistory: query.flag("include_history") };
}

/** An empty time takes the expiry back. */
export function decodeKeyUpdate(request: FastifyRequest): UpdateApiKeyInput {
  const id = keyIdIn(request);
  const ifMatch = ifMatchOf(request);
  const given = read(changedKey, bodyOf(request));
  const fields = {
    name: given.name,
    description: given.description,
    supportSessions: given.support_sessions,
    actionWhenLeaked: given.action_when_leaked,
    expiresAt: given.expires_at === "" ? null : given.expires_at,
  };
  return { id, change: { kind: "fields", fields, ifMatch } };
}

/** What the path alone says; a body is not looked at. */
export function decodeKeyChange(
  kind: Exclude<ApiKeyChange["kind"], "fields">,
): (request: FastifyRequest) => UpdateApiKeyInput {
  return (request) => ({ id: keyIdIn(request), change: { kind } });
}

export function decodeKeyId(request: FastifyRequest): { readonly id: string } {
  return { id: keyIdIn(request) };
}
