/** Clients: service IDs with a role, by their ids. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { isServiceId } from "../../../identity/service-id.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { ShownClient } from "../../../app/clients/client-shown.ts";
import { deleteClient, listClients, readClient } from "../../../app/clients/clients.ts";
import { createClient, type CreatedClient } from "../../../app/clients/create-client.ts";
import { fetchClientSecret, type FetchedSecret } from "../../../app/clients/fetch-secret.ts";
import { restoreClient } from "../../../app/clients/restore-client.ts";
import type { DeletedServiceId } from "../../../app/identity/service-ids.ts";
import type { About, Answer, Route } from "../../route.ts";
import { bodyAs, flag, parameter, queryAs, wholeNumber } from "./fields.ts";
import { created, empty, line, ok, restoring } from "./line.ts";
import { asked, envelope, listQuery } from "./lists.ts";
import { seconds, willBeRemoved } from "./metadata.ts";

const newClient = z.object({
  role: z.string(),
  description: z.string().optional(),
  ttl: wholeNumber.optional(),
  usesLimit: wholeNumber.optional(),
  url: flag.optional(),
  urlTTL: wholeNumber.optional(),
});
const search = listQuery.extend({ role: z.string().max(512).optional() });
const deletion = z.object({ force: flag.optional() });

/** Of all roles. */
const ANY_ROLE = "*";

const which = (request: FastifyRequest) => ({ id: parameter(request, "id") });

const about: About = (request) => {
  const { id } = which(request);
  return isServiceId(id) ? { kind: "serviceid", id } : null;
};

const fetching = {
  decode: (request: FastifyRequest) => ({
    ...which(request),
    code: new Sensitive(parameter(request, "code")),
  }),
  encode: ok(fetchedBody),
  about,
};

export const clientsRoutes: readonly Route[] = [
  line("POST /clients", createClient, { decode: decodeNew, encode: created(createdBody) }),
  line("GET /clients", listClients, {
    decode: decodeSearch,
    encode: ok(({ clients, totalCount: total }, request) =>
      envelope({ data: clients.map(clientBody), total }, asked(queryAs(search, request))),
    ),
  }),
  line("GET /clients/:id", readClient, { decode: which, encode: ok(clientBody), about }),
  line("DELETE /clients/:id", deleteClient, {
    decode: (request) => ({ ...which(request), ...queryAs(deletion, request) }),
    encode: deletedAnswer,
    about,
  }),
  ...restoring("/clients/:id/restore", restoreClient, { decode: which, encode: empty(200), about }),
  line("GET /clients/bootstrap/:id/:code", fetchClientSecret, fetching),
  // What somebody tries who knows the client and not the address.
  line("GET /clients/bootstrap/:id", fetchClientSecret, fetching),
];

function decodeNew(request: FastifyRequest) {
  const { role, description, ttl, usesLimit, url, urlTTL } = bodyAs(newClient, request);
  return { role, description, ttlS: ttl, usesLimit, byAddress: url, addressTtlS: urlTTL };
}

function decodeSearch(request: FastifyRequest) {
  const query = queryAs(search, request);
  const { offset, limit, order } = asked(query);
  const { role } = query;
  return { role: role === ANY_ROLE ? undefined : role, offset, limit, order };
}

function clientBody(client: ShownClient): object {
  const { id, role, description, expiresAt, usesLimit, usedCount, ttlS, address } = client;
  return {
    id,
    clientId: id,
    role,
    description,
    created: seconds(client.createdAt),
    createdBy: client.createdBy,
    TTL: ttlS ?? 0,
    ...(expiresAt === null ? {} : { expiredAt: seconds(expiresAt) }),
    usesLimit: usesLimit ?? 0,
    usedCount,
    status: client.status,
    url: address !== null,
    ...(address
      ? {
          urlTTL: address.ttlS,
          urlExpires: seconds(address.expiresAt),
          ...(address.usedAt === null ? {} : { accessed: seconds(address.usedAt) }),
        }
      : {}),
  };
}

function createdBody(client: CreatedClient): object {
  const { id, secret, code } = client;
  return {
    ...clientBody(client),
    ...(secret ? { clientSecret: secret.reveal() } : {}),
    ...(code ? { urlPath: `/v1/clients/bootstrap/${id}/${code.reveal()}` } : {}),
  };
}

function fetchedBody(client: FetchedSecret): object {
  return { ...clientBody(client), clientSecret: client.secret.reveal() };
}

function deletedAnswer({ dueAt }: DeletedServiceId): Answer {
  if (dueAt === null) return { status: 204 };
  return { status: 200, body: willBeRemoved("client", dueAt) };
}
