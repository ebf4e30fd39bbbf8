/** Routes of identity providers: whom people of the account may log in with. */
import { z } from "zod";
import {
  createIdentityProvider,
  listIdentityProviders,
  readIdentityProvider,
  updateIdentityProvider,
} from "../../../app/federation/identity-providers.ts";
import { deleteIdentityProvider } from "../../../app/federation/remove-provider.ts";
import {
  DEFAULT_SCOPES,
  isIdentityProviderId,
  PROVIDER_TYPES,
  type IdentityProvider,
} from "../../../identity/identity-provider.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { About } from "../../route.ts";
import { nativeRoute, type NativeRoute } from "./native-route.ts";

/** More than any of them may have: the domain's own bounds are what callers are told of. */
const MAX_TEXT_CHARS = 4_096;
const MAX_LISTED_SCOPES = 100;

const text = z.string().max(MAX_TEXT_CHARS);
const scopes = z.array(text).max(MAX_LISTED_SCOPES);

const path = z.strictObject({
  id: text
    .refine(isIdentityProviderId, { error: "it is not of the form `IdentityProvider-…`" })
    .meta({ description: "`IdentityProvider-…`" }),
});

const newIdentityProvider = z.strictObject({
  name: text,
  realm: text.meta({ description: "What rules know it by; it stays." }),
  issuer: text.meta({ description: "An https URL, of which the rest is discovered; it stays." }),
  client_id: text,
  client_secret: text
    .optional()
    .meta({ description: "Never shown again. Without one we are a public client." }),
  scopes: scopes
    .optional()
    .meta({ description: `Besides \`openid\`; ${DEFAULT_SCOPES.join(" ")} unless given.` }),
  creates_users: z
    .boolean()
    .optional()
    .meta({ description: "Whether a login makes a user of somebody new; false unless given." }),
  enabled: z.boolean().optional(),
});

const changes = z.strictObject({
  name: text.optional(),
  client_id: text.optional(),
  client_secret: text.nullable().optional().meta({ description: "Null: a public client." }),
  scopes: scopes.optional(),
  creates_users: z.boolean().optional(),
  enabled: z.boolean().optional().meta({
    description: "False ends every session that a login by the provider opened.",
  }),
});

const fields = {
  id: z.string(),
  type: z.enum(PROVIDER_TYPES).meta({ description: "`certificate`: an authority vouches." }),
  name: z.string(),
  realm: z.string(),
  issuer: z.string(),
  client_id: z.string(),
  scopes: z.array(z.string()),
  creates_users: z.boolean(),
  enabled: z.boolean(),
  created_at: z.iso.datetime(),
  created_by: z.string(),
  modified_at: z.iso.datetime(),
};
const shape = z.strictObject(fields).meta({ id: "IdentityProvider" });

export const identityProviderRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "POST",
    url: "/trail/v1/identity-providers",
    operationId: "createIdentityProvider",
    summary: "Let people log in by an OpenID Connect provider, whose word the account then takes.",
    operation: createIdentityProvider,
    body: newIdentityProvider,
    answer: answer(201, "The identity provider, without its secret."),
    decode: ({ body: { realm, client_id, client_secret, creates_users, ...rest } }) => ({
      ...rest,
      realm_name: realm,
      clientId: client_id,
      clientSecret: client_secret === undefined ? undefined : new Sensitive(client_secret),
      createsUsers: creates_users,
    }),
    encode: (provider) => ({ status: 201, body: bodyOf(provider) }),
  }),
  nativeRoute({
    method: "GET",
    url: "/trail/v1/identity-providers",
    operationId: "listIdentityProviders",
    summary: "List the identity providers of the account, in the order in which they were made.",
    operation: listIdentityProviders,
    answer: {
      status: 200,
      description: "All of them.",
      content: {
        "application/json": z.strictObject({
          identity_providers: z.array(shape),
          total_count: z.int(),
        }),
      },
    },
    decode: () => ({}),
    encode: ({ identityProviders, totalCount }) => ({
      status: 200,
      body: { identity_providers: identityProviders.map(bodyOf), total_count: totalCount },
    }),
  }),
  nativeRoute({
    method: "GET",
    url: "/trail/v1/identity-providers/:id",
    operationId: "readIdentityProvider",
    summary: "Read an identity provider, without its secret.",
    operation: readIdentityProvider,
    params: path,
    answer: answer(200, "The identity provider."),
    about,
    decode: ({ params }) => params,
    encode: (provider) => ({ status: 200, body: bodyOf(provider) }),
  }),
  nativeRoute({
    method: "PATCH",
    url: "/trail/v1/identity-providers/:id",
    operationId: "updateIdentityProvider",
    summary: "Change an identity provider; once it is disabled, the sessions it opened are over.",
    operation: updateIdentityProvider,
    params: path,
    body: changes,
    answer: answer(200, "The identity provider as it is now."),
    about,
    decode: ({ params, body: { client_id, client_secret, creates_users, ...rest } }) => ({
      ...params,
      ...rest,
      clientId: client_id,
      clientSecret:
        typeof client_secret === "string" ? new Sensitive(client_secret) : client_secret,
      createsUsers: creates_users,
    }),
    encode: (provider) => ({ status: 200, body: bodyOf(provider) }),
  }),
  nativeRoute({
    method: "DELETE",
    url: "/trail/v1/identity-providers/:id",
    operationId: "deleteIdentityProvider",
    summary: "Delete an identity provider; its users stay, the sessions it opened are over.",
    operation: deleteIdentityProvider,
    params: path,
    answer: { status: 204, description: "It is gone.", content: {} },
    about,
    decode: ({ params }) => params,
    encode: () => ({ status: 204 }),
  }),
];

function about({ params }: Parameters<About>[0]): ReturnType<About> {
  const parsed = path.safeParse(params);
  return parsed.success ? { kind: "identity-provider", id: parsed.data.id } : null;
}

function answer(status: number, description: string): NativeRoute["document"]["answer"] {
  return { status, description, content: { "application/json": shape } };
}

function bodyOf(provider: IdentityProvider): z.input<typeof shape> {
  const { id, type, name, realm, issuer, enabled } = provider;
  return {
    id,
    type,
    name,
    realm,
    issuer,
    client_id: provider.clientId,
    scopes: [...provider.scopes],
    creates_users: provider.createsUsers,
    enabled,
    created_at: toRfc3339(provider.createdAt),
    created_by: provider.createdBy,
    modified_at: toRfc3339(provider.modifiedAt),
  };
}
