/** Routes of identities: users, service IDs, API keys and the policies that say what each may do. */
import type { z } from "zod";
import { createApiKey, deleteApiKey } from "../../../app/identity/api-keys.ts";
import { listApiKeys } from "../../../app/identity/read-api-keys.ts";
import { listServiceIds } from "../../../app/identity/read-service-ids.ts";
import { createServiceId, deleteServiceId } from "../../../app/identity/service-ids.ts";
import { createUser, deleteUser, listUsers } from "../../../app/identity/users.ts";
import type { About, Answer } from "../../route.ts";
import { accessGroupRoutes } from "./access-groups.ts";
import { accessKeyRoutes } from "./access-keys.ts";
import { identityChangeRoutes } from "./identity-changes.ts";
import { identityProviderRoutes } from "./identity-providers.ts";
import * as shapes from "./identity-shapes.ts";
import { nativeRoute, type AnswerShape, type NativeRoute } from "./native-route.ts";
import { policyRoutes } from "./policies.ts";
import { profileRoutes } from "./profiles.ts";
import { userCredentialRoutes } from "./user-credentials.ts";

const userRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "POST",
    url: "/trail/v1/users",
    operationId: "createUser",
    summary: "Make a user, who may do nothing until a policy says so.",
    operation: createUser,
    body: shapes.newUser,
    answer: made("The user.", shapes.userShape),
    decode: ({ body }) => body,
    encode: (user) => ({ status: 201, body: shapes.userBody(user) }),
  }),
  nativeRoute({
    method: "GET",
    url: "/trail/v1/users",
    operationId: "listUsers",
    summary: "List the users of the account, in the order in which they were made.",
    operation: listUsers,
    query: shapes.listQuery,
    answer: listed("users", shapes.userShape),
    decode: ({ query }) => query,
    encode: ({ users, ...part }) => page({ users: users.map(shapes.userBody) }, part),
  }),
  nativeRoute({
    method: "DELETE",
    url: "/trail/v1/users/:id",
    operationId: "deleteUser",
    summary: "Delete a user with its API keys and policies; its sessions end at once.",
    operation: deleteUser,
    params: shapes.userPath,
    answer: gone(),
    about: about("user", shapes.userPath),
    decode: ({ params }) => ({ iamId: params.id }),
    encode: noContent,
  }),
];

const serviceIdRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "POST",
    url: "/trail/v1/service-ids",
    operationId: "createServiceId",
    summary: "Make a service ID, which may do nothing until a policy says so.",
    operation: createServiceId,
    body: shapes.newServiceId,
    answer: made("The service ID.", shapes.serviceIdShape),
    decode: ({ body }) => body,
    encode: (serviceId) => ({ status: 201, body: shapes.serviceIdBody(serviceId) }),
  }),
  nativeRoute({
    method: "GET",
    url: "/trail/v1/service-ids",
    operationId: "listServiceIds",
    summary: "List the service IDs of the account, in the order in which they were made.",
    operation: listServiceIds,
    query: shapes.listQuery,
    answer: listed("service_ids", shapes.serviceIdShape),
    decode: ({ query }) => query,
    encode: ({ serviceIds, ...part }) =>
      page({ service_ids: serviceIds.map((one) => shapes.serviceIdBody(one.serviceId)) }, part),
  }),
  nativeRoute({
    method: "DELETE",
    url: "/trail/v1/service-ids/:id",
    operationId: "deleteServiceId",
    summary: "Delete a service ID with its API keys and policies; its sessions end at once.",
    operation: deleteServiceId,
    params: shapes.serviceIdPath,
    answer: gone(),
    about: about("serviceid", shapes.serviceIdPath),
    decode: ({ params }) => params,
    encode: noContent,
  }),
];

const apiKeyRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "POST",
    url: "/trail/v1/api-keys",
    operationId: "createApiKey",
    summary: "Make an API key of a user or a service ID; only this answer shows it.",
    operation: createApiKey,
    body: shapes.newApiKey,
    answer: made("The API key, with its value.", shapes.createdApiKeyShape),
    decode: ({ body: { iam_id: iamId, expires_at: expiresAt, ...rest } }) => ({
      ...rest,
      iamId,
      expiresAt,
    }),
    encode: (key) => ({ status: 201, body: shapes.createdApiKeyBody(key) }),
  }),
  nativeRoute({
    method: "GET",
    url: "/trail/v1/api-keys",
    operationId: "listApiKeys",
    summary: "List the API keys of the account or of one identity, without their values.",
    operation: listApiKeys,
    query: shapes.keyListQuery,
    answer: listed("api_keys", shapes.apiKeyShape),
    decode: ({ query: { iam_id: iamId, ...part } }) => ({ ...part, iamId }),
    encode: ({ apiKeys, ...part }) =>
      page({ api_keys: apiKeys.map(({ key }) => shapes.apiKeyBody(key)) }, part),
  }),
  nativeRoute({
    method: "DELETE",
    url: "/trail/v1/api-keys/:id",
    operationId: "deleteApiKey",
    summary: "Delete an API key; every session that was opened with it ends at once.",
    operation: deleteApiKey,
    params: shapes.apiKeyPath,
    answer: gone(),
    about: about("apikey", shapes.apiKeyPath),
    decode: ({ params }) => params,
    encode: noContent,
  }),
];

export const identityRoutes: readonly NativeRoute[] = [
  ...userRoutes,
  ...userCredentialRoutes,
  ...serviceIdRoutes,
  ...apiKeyRoutes,
  ...accessKeyRoutes,
  ...policyRoutes,
  ...identityProviderRoutes,
  ...accessGroupRoutes,
  ...profileRoutes,
  ...identityChangeRoutes,
];

function about(kind: string, path: typeof shapes.userPath): About {
  return ({ params }) => {
    const parsed = path.safeParse(params);
    return parsed.success ? { kind, id: parsed.data.id } : null;
  };
}

interface Part {
  readonly totalCount: number;
  readonly offset: number;
  readonly limit: number;
}

function page(items: object, { totalCount, offset, limit }: Part): Answer {
  return { status: 200, body: { ...items, total_count: totalCount, offset, limit } };
}

function noContent(): Answer {
  return { status: 204 };
}

function made(description: string, shape: z.ZodObject): AnswerShape {
  return { status: 201, description, content: { "application/json": shape } };
}

function listed(name: string, item: z.ZodObject): AnswerShape {
  const content = { "application/json": shapes.listShape(name, item) };
  return { status: 200, description: "A part of the list.", content };
}

function gone(): AnswerShape {
  return { status: 204, description: "It is gone.", content: {} };
}
