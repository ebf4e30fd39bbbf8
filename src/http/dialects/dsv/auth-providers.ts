/** Providers that people log in with. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { KnownProvider } from "../../../app/federation/find-provider.ts";
import {
  createIdentityProvider,
  listIdentityProviders,
  readIdentityProvider,
  updateIdentityProvider,
  type CreateIdentityProviderInput,
  type UpdateIdentityProviderInput,
} from "../../../app/federation/identity-providers.ts";
import {
  readProviderVersion,
  rollBackProvider,
} from "../../../app/federation/provider-versions.ts";
import {
  deleteIdentityProvider,
  restoreProvider,
  type DeletedIdentityProvider,
} from "../../../app/federation/remove-provider.ts";
import { PROVIDER_TYPES, type ProviderType } from "../../../identity/identity-provider.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { About, Answer, Route } from "../../route.ts";
import { bodyAs, fieldsAs, flag, parameter, queryAs, versionParameter } from "./fields.ts";
import { created, empty, line, ok, restoring } from "./line.ts";
import { askedOf, envelope } from "./lists.ts";
import { metadata, willBeRemoved } from "./metadata.ts";
import { withColons } from "./tails.ts";

/** Names stand in paths, and before the names of users: `okta:bob`. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/;
const MAX_TEXT_CHARS = 4_096;
const MAX_CERTIFICATE_CHARS = 64 * 1_024;

const text = z.string().max(MAX_TEXT_CHARS);
const body = z.object({
  name: z.string().regex(NAME).optional(),
  type: text.optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});

/** Those of all types that are served; what is empty is as good as left out. */
const properties = z.object({
  baseUri: text.optional(),
  clientId: text.optional(),
  clientSecret: text.transform((secret) => new Sensitive(secret)).optional(),
  usernameClaim: text.optional(),
  sendWelcomeEmail: flag.optional(),
  scopes: z.array(text).max(100).optional(),
  createUsers: flag.optional(),
  rootCAPath: text.optional(),
  certificate: z.string().max(MAX_CERTIFICATE_CHARS).optional(),
});

const deletion = z.object({ force: flag.optional() });

/** Types of DSV's that nobody is logged in by here. */
const UNSERVED = new Set(["aws", "azure", "gcp"]);

const about: About = (request) => {
  const id = parameter(request, "name");
  return NAME.test(id) ? { kind: "identity-provider", id } : null;
};

const which = (request: FastifyRequest) => ({ id: parameter(request, "name") });
const atVersion = (request: FastifyRequest) => ({
  ...which(request),
  version: versionParameter(parameter(request, "version")),
});

export const authProvidersRoutes: readonly Route[] = [
  line("POST /config/auth", createIdentityProvider, {
    decode: decodeCreation,
    encode: created(providerBody),
  }),
  line("GET /config/auth", listIdentityProviders, {
    decode: askedOf,
    encode: ok(({ identityProviders, totalCount: total }, request) =>
      envelope({ data: identityProviders.map(providerBody), total }, askedOf(request)),
    ),
  }),
  line("GET /config/auth/:name", readIdentityProvider, {
    decode: which,
    encode: ok(providerBody),
    about,
  }),
  line("PUT /config/auth/:name", updateIdentityProvider, {
    decode: decodeUpdate,
    encode: ok(providerBody),
    about,
  }),
  line("DELETE /config/auth/:name", deleteIdentityProvider, {
    decode: (request) => ({ ...which(request), force: queryAs(deletion, request).force ?? false }),
    encode: deleted,
    about,
  }),
  ...restoring("/config/auth/:name/restore", restoreProvider, {
    decode: which,
    encode: empty(200),
    about,
  }),
  line("GET /config/auth/:name/version/:version", readProviderVersion, {
    decode: atVersion,
    encode: ok(providerBody),
    about,
  }),
  line("PUT /config/auth/:name/rollback/:version", rollBackProvider, {
    decode: atVersion,
    encode: ok(providerBody),
    about,
  }),
];

function decodeCreation(request: FastifyRequest): CreateIdentityProviderInput {
  const { name, type, properties: given = {} } = bodyAs(body, request);
  if (name === undefined) throw missing("name");
  if (type === undefined) throw missing("type");
  const served = servedType(type);
  return { ...propertiesIn(given), type: served, name, realm_name: name };
}

function decodeUpdate(request: FastifyRequest): UpdateIdentityProviderInput {
  const { name, type, properties: given = {} } = bodyAs(body, request);
  const { id } = which(request);
  if (name !== undefined && name !== id) {
    throw invalid("name", "A provider keeps its name: users are called by it.");
  }
  const served = type === undefined ? {} : { type: servedType(type) };
  return { ...propertiesIn(given), ...served, id };
}

function propertiesIn(given: Readonly<Record<string, unknown>>) {
  const { baseUri, sendWelcomeEmail, createUsers, rootCAPath, certificate, ...rest } = fieldsAs(
    properties,
    given,
  );
  return {
    ...rest,
    issuer: baseUri,
    sendsWelcomeEmail: sendWelcomeEmail,
    createsUsers: createUsers,
    rootCAPath: rootCAPath?.split(/[:/]+/).filter(Boolean).join("/"),
    certificate: certificate === undefined ? undefined : pemIn(certificate),
  };
}

/** PEM, as it stands or in Base64. */
function pemIn(given: string): string {
  if (given.includes("-----BEGIN ")) return given;
  try {
    return fromUtf8(Buffer.from(given, "base64"));
  } catch {
    throw invalid("certificate", "The field certificate is not PEM.");
  }
}

function servedType(given: string): ProviderType {
  const type = given.toLowerCase();
  const served = PROVIDER_TYPES.find((one) => one === type);
  if (served) return served;
  const sentence = UNSERVED.has(type)
    ? "Nobody is logged in by a cloud's own identities here: give programs clients."
    : `The type is one of ${PROVIDER_TYPES.join(", ")}.`;
  throw invalid("type", sentence);
}

/** Never with a secret. */
function providerBody(provider: KnownProvider): object {
  const { id, name, type, revision } = provider;
  return { name, type, properties: propertiesOf(provider), ...metadata({ id, ...revision }) };
}

function propertiesOf(provider: KnownProvider): object {
  const { issuer, clientId, usernameClaim, sendsWelcomeEmail, scopes, createsUsers } = provider;
  const { authority } = provider;
  if (authority) {
    const { path, certificate } = authority;
    return path === null ? { certificate } : { rootCAPath: withColons(path), certificate };
  }
  return {
    baseUri: issuer,
    clientId,
    usernameClaim: usernameClaim ?? "email",
    sendWelcomeEmail: sendsWelcomeEmail,
    scopes,
    createUsers: createsUsers,
  };
}

function deleted({ dueAt }: DeletedIdentityProvider): Answer {
  if (dueAt === null) return { status: 204 };
  return { status: 200, body: willBeRemoved("auth provider", dueAt) };
}

function missing(field: string): Refusal {
  return invalid(field, `The field ${field} is missing.`);
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
