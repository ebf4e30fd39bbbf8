/**
 * Where the trail is to be sent. Tokens are never shown again: where DSV answers one, this says `****`, and takes that
 * back for what it stands for.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import {
  PROTOCOLS,
  SIEM_TYPES,
  type SiemEndpoint,
  type SiemSettings,
} from "../../../app/siem/endpoint.ts";
import {
  createSiem,
  deleteSiem,
  listSiem,
  readSiem,
  updateSiem,
} from "../../../app/siem/endpoints.ts";
import type { Item } from "../../../items/item.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { Route } from "../../route.ts";
import { bodyAs, flag, parameter, wholeNumber } from "./fields.ts";
import { created, empty, line, ok } from "./line.ts";
import { askedOf, envelope } from "./lists.ts";
import { metadata } from "./metadata.ts";

const MASK = "****";

const word = z.string().toLowerCase();

const settings = z.object({
  siemType: word.pipe(z.enum(SIEM_TYPES)),
  host: z.string(),
  port: wholeNumber,
  protocol: word.pipe(z.enum(PROTOCOLS)),
  endpoint: z.string().default(""),
  loggingFormat: word,
  authMethod: word,
  auth: z.string().optional(),
  sendToEngine: flag.default(false),
  pool: z.string().default(""),
  allowSelfSigned: flag.default(false),
});
const named = settings.extend({ name: z.string() });

const which = (request: FastifyRequest) => ({ name: parameter(request, "name") });
const about = (request: FastifyRequest) => ({ kind: "siem", id: parameter(request, "name") });

function creating(request: FastifyRequest) {
  const { auth, ...rest } = bodyAs(named, request);
  if (auth === undefined) {
    throw new Refusal("invalid_request", "The field auth is missing.", { field: "auth" });
  }
  return { ...rest, token: new Sensitive(auth) };
}

function updating(request: FastifyRequest) {
  const { auth, ...rest } = bodyAs(settings, request);
  const token = auth === undefined || auth === MASK ? undefined : new Sensitive(auth);
  return { ...which(request), ...rest, token };
}

function shown(endpoint: Item<SiemEndpoint>): object {
  return { ...listed(endpoint), auth: MASK };
}

function listed(endpoint: Item<SiemEndpoint>): object {
  const { sealedToken: _sealed, ...kept } = endpoint.content;
  const content: SiemSettings = kept;
  return {
    name: endpoint.name,
    ...content,
    failed: false,
    failedEvents: 0,
    ...metadata(endpoint),
  };
}

export const siemRoutes: readonly Route[] = [
  line("POST /config/siem", createSiem, {
    decode: creating,
    encode: created(({ endpoint }) => shown(endpoint)),
  }),
  line("GET /config/siem", listSiem, {
    decode: askedOf,
    encode: ok(({ items, totalCount: total }, request) =>
      envelope({ data: items.map(listed), total }, askedOf(request)),
    ),
  }),
  line("GET /config/siem/:name", readSiem, { decode: which, encode: ok(shown), about }),
  line("PUT /config/siem/:name", updateSiem, { decode: updating, encode: ok(shown), about }),
  line("DELETE /config/siem/:name", deleteSiem, { decode: which, encode: empty(200), about }),
];
