/** Routes of access keys: the API keys that sign requests in AWS's way. Whose they are is said by name, or by nobody's. */
import { z } from "zod";
import {
  createAccessKeyByName,
  deleteAccessKeyByName,
  listAccessKeys,
  updateAccessKeyByName,
  type CreatedAccessKey,
} from "../../../app/identity/access-keys-by-name.ts";
import { isAccessKeyId } from "../../../identity/access-key.ts";
import type { ApiKey } from "../../../identity/api-key.ts";
import { MAX_LIST_LIMIT } from "../../../identity/store.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";
import { nativeRoute, type NativeRoute } from "./native-route.ts";

const URL = "/trail/v1/access-keys";
const MAX_NAME_CHARS = 4_096;

const user = z.string().min(1).max(MAX_NAME_CHARS).optional().meta({
  description:
    "Whose: the e-mail address of a user, the name or the id of a service ID. Without it, the caller's own.",
});
const ofUser = z.strictObject({ user });
const listQuery = z.strictObject({
  user,
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_LIST_LIMIT).default(MAX_LIST_LIMIT),
});
/** Checked before anything is recorded: a secret in its place is not repeated. */
const keyPath = z.strictObject({
  id: z
    .string()
    .max(MAX_NAME_CHARS)
    .refine(isAccessKeyId, { error: "it is not of the form AKIA…" })
    .meta({ description: "`AKIA…`" }),
});

const time = z.iso.datetime({ offset: true });
const fields = {
  access_key_id: z.string(),
  user: z.string(),
  api_key_id: z.string().meta({ description: "By which the other routes of API keys have it." }),
  iam_id: z.string(),
  name: z.string(),
  disabled: z.boolean(),
  locked: z.boolean(),
  expires_at: time.nullable(),
  created_at: time,
};
const keyShape = z.strictObject(fields).meta({ id: "AccessKey" });
const createdShape = z
  .strictObject({
    ...fields,
    secret_access_key: z.string().meta({ description: "The secret; it is never shown again." }),
  })
  .meta({ id: "CreatedAccessKey" });
const listShape = z.strictObject({
  access_keys: z.array(keyShape),
  total_count: z.int(),
  offset: z.int(),
  limit: z.int(),
});

export const accessKeyRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "POST",
    url: URL,
    operationId: "createAccessKey",
    summary: "Make an access key, for AWS's clients; only this answer shows its secret.",
    operation: createAccessKeyByName,
    body: ofUser,
    answer: {
      status: 201,
      description: "The access key, with its secret.",
      content: { "application/json": createdShape },
    },
    decode: ({ body }) => ({ userName: body.user }),
    encode: (key) => ({ status: 201, body: createdBody(key) }),
  }),
  nativeRoute({
    method: "GET",
    url: URL,
    operationId: "listAccessKeys",
    summary: "List the access keys of a user or a service ID, without their secrets.",
    operation: listAccessKeys,
    query: listQuery,
    answer: {
      status: 200,
      description: "A part of the list.",
      content: { "application/json": listShape },
    },
    decode: ({ query: { user: userName, ...part } }) => ({ userName, ...part }),
    encode: ({ keys, ownerName, totalCount }, { request }) => {
      const { offset, limit } = listQuery.parse(request.query);
      const items = keys.map((key) => keyBody(key, ownerName));
      return { status: 200, body: { access_keys: items, total_count: totalCount, offset, limit } };
    },
  }),
  nativeRoute({
    method: "DELETE",
    url: `${URL}/:id`,
    operationId: "deleteAccessKey",
    summary: "Delete an access key; it is no good at once, and its sessions with it.",
    operation: deleteAccessKeyByName,
    params: keyPath,
    query: ofUser,
    answer: { status: 204, description: "It is gone.", content: {} },
    decode: ({ params, query }) => ({ accessKeyId: params.id, userName: query.user }),
    encode: () => ({ status: 204 }),
  }),
  standing("POST", "disableAccessKey", "Disable an access key; its sessions end at once."),
  standing("DELETE", "enableAccessKey", "Enable an access key again."),
];

function standing(method: "POST" | "DELETE", operationId: string, summary: string): NativeRoute {
  const status = method === "POST" ? ("Inactive" as const) : ("Active" as const);
  return nativeRoute({
    method,
    url: `${URL}/:id/disable`,
    operationId,
    summary,
    operation: updateAccessKeyByName,
    params: keyPath,
    query: ofUser,
    answer: { status: 204, description: "It is done.", content: {} },
    decode: ({ params, query }) => ({ accessKeyId: params.id, userName: query.user, status }),
    encode: () => ({ status: 204 }),
  });
}

function keyBody(key: ApiKey, owner: string): z.input<typeof keyShape> {
  return {
    access_key_id: key.accessKeyId ?? "",
    user: owner,
    api_key_id: key.id,
    iam_id: key.iamId,
    name: key.name,
    disabled: key.disabled,
    locked: key.locked,
    expires_at: key.expiresAt === null ? null : toRfc3339(key.expiresAt),
    created_at: toRfc3339(key.createdAt),
  };
}

/** The one answer in which the secret of an access key is seen. */
function createdBody(key: CreatedAccessKey): z.input<typeof createdShape> {
  return { ...keyBody(key, key.ownerName), secret_access_key: key.value.reveal() };
}
