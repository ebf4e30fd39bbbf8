/**
 * Where the trail is sent, as DSV has it. Tokens are never shown again: where DSV answers one, this says `****`, and takes
 * that back for what it stands for.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { createDestination } from "../../../app/destinations/create-destination.ts";
import { deleteDestination } from "../../../app/destinations/delete-destination.ts";
import { listDestinations, readDestination } from "../../../app/destinations/read-destinations.ts";
import { updateDestination } from "../../../app/destinations/update-destination.ts";
import type { DestinationView } from "../../../app/destinations/view.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { Route } from "../../route.ts";
import { bodyAs, parameter } from "./fields.ts";
import { created, empty, line, ok } from "./line.ts";
import { askedOf, envelope } from "./lists.ts";
import { metadata } from "./metadata.ts";
import {
  changedSettings,
  checkedSiem,
  isSiem,
  settingsOf,
  siemFields,
  siemOf,
  NO_ENGINE,
} from "./siem-settings.ts";

const MASK = "****";

/** DSV has one for every endpoint, of whatever type. */
const TOKEN = "token";

const settings = z.object({ ...siemFields, auth: z.string().optional() });
const named = settings.extend({ name: z.string() });

const which = (request: FastifyRequest) => ({ name: parameter(request, "name"), knows: isSiem });
const about = (request: FastifyRequest) => ({
  kind: "destination",
  id: parameter(request, "name"),
});

function creating(request: FastifyRequest) {
  const { auth, name, ...given } = bodyAs(named, request);
  if (auth === undefined) {
    throw new Refusal("invalid_request", "The field auth is missing.", { field: "auth" });
  }
  return {
    name,
    settings: settingsOf(checkedSiem(given)),
    credentials: { [TOKEN]: new Sensitive(auth) },
    alsoKept: [TOKEN],
  };
}

/** DSV's endpoints that have failed are used again once they are updated: so are those that are paused here. */
function updating(request: FastifyRequest) {
  const { auth, ...given } = bodyAs(settings, request);
  const siem = checkedSiem(given);
  const isKept = auth === undefined || auth === MASK;
  return {
    ...which(request),
    settings: (before: Parameters<typeof changedSettings>[0]) => changedSettings(before, siem),
    credentials: isKept ? {} : { [TOKEN]: new Sensitive(auth) },
    alsoKept: [TOKEN],
    isPaused: false,
    shown: NO_ENGINE,
  };
}

function shown(destination: DestinationView): object {
  const auth = destination.credentialNames.includes(TOKEN) ? MASK : "";
  return { ...listed(destination), auth };
}

function listed(destination: DestinationView): object {
  const { id, name, made } = destination;
  return {
    name,
    ...siemOf(destination),
    ...failures(destination),
    ...(made ? metadata({ id, ...made }) : { id }),
  };
}

/**
 * Since the last change, as an update resets them. DSV gives an endpoint up for good; here nothing is, and `failed` says
 * that nothing arrives at the moment. Of the events that its server refuses, as many are counted as are named.
 */
function failures({ state, report, made }: DestinationView): object {
  const since = made?.modifiedAt ?? 0;
  const { lastTrouble = null, setAside = [] } = report?.progress ?? {};
  const isFailing = state === "failing" && lastTrouble !== null && lastTrouble.at > since;
  return {
    failed: isFailing || state === "paused",
    failedEvents: setAside.filter(({ at }) => at > since).length,
  };
}

export const siemRoutes: readonly Route[] = [
  line("POST /config/siem", createDestination, { decode: creating, encode: created(shown) }),
  line("GET /config/siem", listDestinations, {
    decode: (request) => ({ ...askedOf(request), knows: isSiem }),
    encode: ok(({ destinations, totalCount: total }, request) =>
      envelope({ data: destinations.map(listed), total }, askedOf(request)),
    ),
  }),
  line("GET /config/siem/:name", readDestination, { decode: which, encode: ok(shown), about }),
  line("PUT /config/siem/:name", updateDestination, {
    decode: updating,
    encode: ok(shown),
    about,
  }),
  line("DELETE /config/siem/:name", deleteDestination, {
    decode: which,
    encode: empty(200),
    about,
  }),
];
