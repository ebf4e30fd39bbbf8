/** What the native wire of identities takes and gives, as schemas: exactly these fields. */
import { z } from "zod";
import type { CreatedApiKey } from "../../../app/identity/api-keys.ts";
import { isApiKeyId, type ApiKey } from "../../../identity/api-key.ts";
import { isActingServiceId, isServiceId, type ServiceId } from "../../../identity/service-id.ts";
import { MAX_LIST_LIMIT } from "../../../identity/store.ts";
import { isUserId, type User } from "../../../identity/user.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";

/** More than any text of an identity may have: the domain's own bounds are what callers are told of. */
const MAX_TEXT_CHARS = 4_096;

const text = z.string().max(MAX_TEXT_CHARS);
const time = z.iso.datetime({ offset: true });

/** Checked before anything is recorded: a text that is no id, an API key pasted by mistake, is not repeated. */
function idOf(isOne: (text: string) => boolean, form: string): z.ZodString {
  return text.refine(isOne, { error: `it is not of the form ${form}` }).meta({ description: form });
}

const iamId = idOf(
  (given) => isUserId(given) || isActingServiceId(given),
  "`IBMid-…` of a user or `iam-ServiceId-…` of a service ID",
);

export const userPath = z.strictObject({ id: idOf(isUserId, "`IBMid-…`") });
export const serviceIdPath = z.strictObject({ id: idOf(isServiceId, "`ServiceId-…`") });
export const apiKeyPath = z.strictObject({ id: idOf(isApiKeyId, "`ApiKey-…`") });

const part = {
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_LIST_LIMIT).default(MAX_LIST_LIMIT),
};
export const listQuery = z.strictObject(part);
export const keyListQuery = z.strictObject({ ...part, iam_id: iamId.optional() });

export const newUser = z.strictObject({ email: text, name: text });
export const newServiceId = z.strictObject({ name: text, description: text.optional() });
export const newApiKey = z.strictObject({
  iam_id: iamId,
  name: text,
  description: text.optional(),
  expires_at: time.optional().meta({ description: "RFC 3339; it must lie ahead." }),
});

export const userShape = z
  .strictObject({
    iam_id: z.string(),
    email: z.string(),
    name: z.string(),
    state: z.enum(["active", "disabled"]),
    created_at: time,
    created_by: z.string(),
  })
  .meta({ id: "User" });

export const serviceIdShape = z
  .strictObject({
    id: z.string(),
    iam_id: z.string(),
    name: z.string(),
    description: z.string(),
    locked: z.boolean(),
    entity_tag: z.string(),
    created_at: time,
    created_by: z.string(),
    modified_at: time,
  })
  .meta({ id: "ServiceId" });

const apiKeyFields = {
  id: z.string(),
  iam_id: z.string(),
  name: z.string(),
  description: z.string(),
  access_key_id: z.string().nullable().meta({
    description: "`AKIA…`: of one that signs requests in AWS's way; null of all that log in.",
  }),
  locked: z.boolean(),
  disabled: z.boolean(),
  expires_at: time.nullable(),
  entity_tag: z.string(),
  created_at: time,
  created_by: z.string(),
  modified_at: time,
};
export const apiKeyShape = z.strictObject(apiKeyFields).meta({ id: "ApiKey" });
export const createdApiKeyShape = z
  .strictObject({
    ...apiKeyFields,
    apikey: z.string().meta({ description: "The key itself; it is never shown again." }),
  })
  .meta({ id: "CreatedApiKey" });

/** A part of a list under its plural, with the whole list's length. */
export function listShape(name: string, item: z.ZodObject): z.ZodObject {
  return z.strictObject({
    [name]: z.array(item),
    total_count: z.int(),
    offset: z.int(),
    limit: z.int(),
  });
}

export function userBody(user: User): z.input<typeof userShape> {
  return {
    iam_id: user.iamId,
    email: user.email,
    name: user.name,
    state: user.state,
    created_at: toRfc3339(user.createdAt),
    created_by: user.createdBy,
  };
}

export function serviceIdBody(serviceId: ServiceId): z.input<typeof serviceIdShape> {
  const { id, name, description, locked } = serviceId;
  return {
    id,
    iam_id: serviceId.iamId,
    name,
    description,
    locked,
    entity_tag: serviceId.entityTag,
    created_at: toRfc3339(serviceId.createdAt),
    created_by: serviceId.createdBy,
    modified_at: toRfc3339(serviceId.modifiedAt),
  };
}

export function apiKeyBody(key: ApiKey): z.input<typeof apiKeyShape> {
  const { id, name, description, locked, disabled } = key;
  return {
    id,
    iam_id: key.iamId,
    name,
    description,
    access_key_id: key.accessKeyId,
    locked,
    disabled,
    expires_at: key.expiresAt === null ? null : toRfc3339(key.expiresAt),
    entity_tag: key.entityTag,
    created_at: toRfc3339(key.createdAt),
    created_by: key.createdBy,
    modified_at: toRfc3339(key.modifiedAt),
  };
}

/** The one answer in which an API key is seen. */
export function createdApiKeyBody(key: CreatedApiKey): z.input<typeof createdApiKeyShape> {
  return { ...apiKeyBody(key), apikey: key.value.reveal() };
}
