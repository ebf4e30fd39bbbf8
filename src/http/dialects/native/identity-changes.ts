/** Routes by which service IDs and API keys are looked at, changed, locked and disabled, and a leaked key reported. */
import { z } from "zod";
import type { Activity, Past } from "../../../app/identity/history.ts";
import { reportLeakedKey } from "../../../app/identity/leaked-keys.ts";
import { readApiKey } from "../../../app/identity/read-api-keys.ts";
import { readServiceId } from "../../../app/identity/read-service-ids.ts";
import { updateApiKey, type ApiKeyChange } from "../../../app/identity/update-api-key.ts";
import { updateServiceId, type ServiceIdChange } from "../../../app/identity/update-service-id.ts";
import { LEAK_ACTIONS, type ApiKey } from "../../../identity/api-key.ts";
import { ANY_ENTITY_TAG } from "../../../identity/entity-tag.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { About, Method } from "../../route.ts";
import * as shapes from "./identity-shapes.ts";
import { nativeRoute, type NativeRoute } from "./native-route.ts";

const API_KEY = "/trail/v1/api-keys/:id";
const SERVICE_ID = "/trail/v1/service-ids/:id";

/** More than any text of an identity may have, and any key: the domain's own bounds are what callers are told of. */
const MAX_TEXT_CHARS = 4_096;

const text = z.string().max(MAX_TEXT_CHARS);
const time = z.iso.datetime({ offset: true });
const flag = z.enum(["true", "false"]).default("false");
const entityTag = text
  .default(ANY_ENTITY_TAG)
  .meta({ description: "As it was read; refused if there has been a change since. `*`: any." });
const leakAction = z.enum(LEAK_ACTIONS);

const pastQuery = z.strictObject({ include_history: flag, include_activity: flag });
const changedServiceId = z.strictObject({
  name: text.optional(),
  description: text.optional(),
  entity_tag: entityTag,
});
const changedApiKey = z.strictObject({
  name: text.optional(),
  description: text.optional(),
  expires_at: time.nullable().optional().meta({ description: "RFC 3339; null: never." }),
  action_when_leaked: leakAction.optional(),
  entity_tag: entityTag,
});
const leakedKey = z.strictObject({
  apikey: text.min(1).meta({ description: "The value that has been found." }),
});

const past = {
  history: z
    .array(
      z.strictObject({
        at: time,
        iam_id: z.string(),
        action: z.string(),
        params: z.array(z.string()),
        message: z.string(),
      }),
    )
    .optional()
    .meta({ description: "The newest changes of it, as the trail has them." }),
  activity: z
    .strictObject({ last_login_at: time.nullable(), login_count: z.int() })
    .optional()
    .meta({ description: "Logins with it, as the trail has them." }),
};
const serviceIdDetails = shapes.serviceIdShape.extend(past).meta({ id: "ServiceIdDetails" });
const apiKeyDetails = shapes.apiKeyShape
  .extend({ action_when_leaked: leakAction, ...past })
  .meta({ id: "ApiKeyDetails" });

const aboutApiKey = about("apikey", shapes.apiKeyPath);
const aboutServiceId = about("serviceid", shapes.serviceIdPath);

const serviceIdRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "GET",
    url: SERVICE_ID,
    operationId: "readServiceId",
    summary: "Look at a service ID, with its history and its logins if that is asked for.",
    operation: readServiceId,
    params: shapes.serviceIdPath,
    query: pastQuery,
    answer: shown("The service ID.", serviceIdDetails),
    about: aboutServiceId,
    decode: ({ params: { id }, query }) => ({ id, ...pastAsked(query) }),
    encode: ({ serviceId, ...told }) => ({
      status: 200,
      body: { ...shapes.serviceIdBody(serviceId), ...pastBody(told) },
    }),
  }),
  nativeRoute({
    method: "PATCH",
    url: SERVICE_ID,
    operationId: "updateServiceId",
    summary: "Change the name or the description of a service ID, unless it is locked.",
    operation: updateServiceId,
    params: shapes.serviceIdPath,
    body: changedServiceId,
    answer: shown("The service ID.", serviceIdDetails),
    about: aboutServiceId,
    decode: ({ params: { id }, body: { entity_tag: ifMatch, ...fields } }) => ({
      id,
      change: { kind: "fields", fields, ifMatch } as const,
    }),
    encode: (serviceId) => ({ status: 200, body: shapes.serviceIdBody(serviceId) }),
  }),
  serviceIdLock(
    "POST",
    "lock",
    "Lock a service ID: it, its keys and its policies stay as they are.",
  ),
  serviceIdLock("DELETE", "unlock", "Unlock a service ID."),
];

const apiKeyRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "GET",
    url: API_KEY,
    operationId: "readApiKey",
    summary: "Look at an API key, with its history and its logins if that is asked for.",
    operation: readApiKey,
    params: shapes.apiKeyPath,
    query: pastQuery,
    answer: shown("The API key, without its value.", apiKeyDetails),
    about: aboutApiKey,
    decode: ({ params: { id }, query }) => ({ id, ...pastAsked(query) }),
    encode: ({ key, ...told }) => ({
      status: 200,
      body: { ...apiKeyBody(key), ...pastBody(told) },
    }),
  }),
  nativeRoute({
    method: "PATCH",
    url: API_KEY,
    operationId: "updateApiKey",
    summary: "Change what is known of an API key, unless it is locked; its value stays.",
    operation: updateApiKey,
    params: shapes.apiKeyPath,
    body: changedApiKey,
    answer: shown("The API key, without its value.", apiKeyDetails),
    about: aboutApiKey,
    decode: ({ params: { id }, body: { entity_tag: ifMatch, ...body } }) => {
      const { name, description, expires_at: expiresAt, action_when_leaked: action } = body;
      const fields = { name, description, expiresAt, actionWhenLeaked: action };
      return { id, change: { kind: "fields", fields, ifMatch } as const };
    },
    encode: (key) => ({ status: 200, body: apiKeyBody(key) }),
  }),
  apiKeyChange("POST", "lock", "Lock an API key: it stays as it is, and goes on logging in."),
  apiKeyChange("DELETE", "unlock", "Unlock an API key."),
  apiKeyChange("POST", "disable", "Disable an API key; sessions opened with it end at once."),
  apiKeyChange("DELETE", "enable", "Enable an API key again."),
  nativeRoute({
    method: "POST",
    url: "/trail/v1/leaked-keys",
    operationId: "reportLeakedKey",
    summary:
      "Report an API key that has been found where it should not be; needs no credential, and answers the same for any value.",
    operation: reportLeakedKey,
    body: leakedKey,
    answer: { status: 202, description: "It has been looked into.", content: {} },
    decode: ({ body }) => ({ apiKey: new Sensitive(body.apikey) }),
    encode: () => ({ status: 202 }),
  }),
];

export const identityChangeRoutes: readonly NativeRoute[] = [...serviceIdRoutes, ...apiKeyRoutes];

function serviceIdLock(
  method: Method,
  kind: Exclude<ServiceIdChange["kind"], "fields">,
  summary: string,
): NativeRoute {
  return nativeRoute({
    method,
    url: `${SERVICE_ID}/lock`,
    operationId: `${kind}ServiceId`,
    summary,
    operation: updateServiceId,
    params: shapes.serviceIdPath,
    answer: { status: 204, description: "It is done.", content: {} },
    about: aboutServiceId,
    decode: ({ params: { id } }) => ({ id, change: { kind } }),
    encode: () => ({ status: 204 }),
  });
}

function apiKeyChange(
  method: Method,
  kind: Exclude<ApiKeyChange["kind"], "fields">,
  summary: string,
): NativeRoute {
  const path = kind === "lock" || kind === "unlock" ? "lock" : "disable";
  return nativeRoute({
    method,
    url: `${API_KEY}/${path}`,
    operationId: `${kind}ApiKey`,
    summary,
    operation: updateApiKey,
    params: shapes.apiKeyPath,
    answer: { status: 204, description: "It is done.", content: {} },
    about: aboutApiKey,
    decode: ({ params: { id } }) => ({ id, change: { kind } }),
    encode: () => ({ status: 204 }),
  });
}

function pastAsked(query: z.output<typeof pastQuery>): {
  readonly includeHistory: boolean;
  readonly includeActivity: boolean;
} {
  return {
    includeHistory: query.include_history === "true",
    includeActivity: query.include_activity === "true",
  };
}

function apiKeyBody(key: ApiKey): z.input<typeof apiKeyDetails> {
  return { ...shapes.apiKeyBody(key), action_when_leaked: key.actionWhenLeaked };
}

function pastBody({
  history,
  activity,
}: {
  readonly history?: readonly Past[];
  readonly activity?: Activity;
}): Pick<z.input<typeof apiKeyDetails>, "history" | "activity"> {
  return {
    history: history?.map(({ at, iamId, action, params, message }) => ({
      at,
      iam_id: iamId,
      action,
      params: [...params],
      message,
    })),
    activity: activity && {
      last_login_at: activity.lastLoginAt ?? null,
      login_count: activity.loginCount,
    },
  };
}

function about(kind: string, path: typeof shapes.apiKeyPath): About {
  return ({ params }) => {
    const parsed = path.safeParse(params);
    return parsed.success ? { kind, id: parsed.data.id } : null;
  };
}

function shown(description: string, shape: z.ZodObject): NativeRoute["document"]["answer"] {
  return { status: 200, description, content: { "application/json": shape } };
}
