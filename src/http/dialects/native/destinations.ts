/** Routes of destinations: where the trail is sent, and how that stands. */
import type { z } from "zod";
import { createDestination } from "../../../app/destinations/create-destination.ts";
import { deleteDestination } from "../../../app/destinations/delete-destination.ts";
import {
  pauseDestination,
  resumeDestination,
} from "../../../app/destinations/pause-destination.ts";
import { proveDestination } from "../../../app/destinations/prove-destination.ts";
import { listDestinations, readDestination } from "../../../app/destinations/read-destinations.ts";
import { replayDestination } from "../../../app/destinations/replay-destination.ts";
import { testDestination } from "../../../app/destinations/test-destination.ts";
import { updateDestination } from "../../../app/destinations/update-destination.ts";
import { PINNED } from "../../../delivery/delivery.ts";
import { isUuid } from "../../../kernel/ids.ts";
import type { About } from "../../route.ts";
import {
  changedDestination,
  destinationBody,
  destinationPath,
  destinationQuery,
  destinationShape,
  destinationsShape,
  givenCredentials,
  newDestination,
  replayBegun,
  replayed,
  testedShape,
} from "./destination-shapes.ts";
import { nativeRoute, type AnswerShape, type NativeRoute } from "./native-route.ts";

const DESTINATIONS = "/trail/v1/destinations";
const DESTINATION = `${DESTINATIONS}/:name`;

/** A name that nothing has is whatever was typed: only ids are recorded before anything is found. */
const about: About = ({ params }) => {
  const { name } = destinationPath.safeParse(params).data ?? { name: "" };
  const isId = isUuid(name) || name.startsWith(PINNED);
  return isId ? { kind: "destination", id: name } : null;
};

export const destinationRoutes: readonly NativeRoute[] = [
  nativeRoute({
    method: "POST",
    url: DESTINATIONS,
    operationId: "createDestination",
    summary: "Have the account's events sent somewhere, from now on or from an earlier place.",
    operation: createDestination,
    body: newDestination,
    answer: answered(201, "The destination.", destinationShape),
    decode: ({ body }) => ({
      ...termsOf(body),
      name: body.name,
      settings: body.settings,
      credentials: givenCredentials(body.credentials, []),
      from: body.from,
    }),
    encode: (view) => ({ status: 201, body: destinationBody(view) }),
  }),
  nativeRoute({
    method: "GET",
    url: DESTINATIONS,
    operationId: "listDestinations",
    summary: "List the destinations of the account, and those that the operator has pinned.",
    operation: listDestinations,
    query: destinationQuery,
    answer: answered(200, "A part of the list, by name.", destinationsShape),
    decode: ({ query }) => ({ ...query, includesPinned: true }),
    encode: ({ destinations, totalCount }, { request }) => {
      const { offset, limit } = destinationQuery.parse(request.query);
      const items = destinations.map(destinationBody);
      return { status: 200, body: { destinations: items, total_count: totalCount, offset, limit } };
    },
  }),
  nativeRoute({
    method: "GET",
    url: DESTINATION,
    operationId: "readDestination",
    summary: "Look at a destination and how its delivery stands.",
    operation: readDestination,
    params: destinationPath,
    answer: answered(200, "The destination.", destinationShape),
    about,
    decode: ({ params }) => params,
    encode: (view) => ({ status: 200, body: destinationBody(view) }),
  }),
  nativeRoute({
    method: "PATCH",
    url: DESTINATION,
    operationId: "updateDestination",
    summary: "Change a destination; where it has come to in the log stays.",
    operation: updateDestination,
    params: destinationPath,
    body: changedDestination,
    answer: answered(200, "The destination.", destinationShape),
    about,
    decode: ({ params, body }) => ({
      ...params,
      ...termsOf(body),
      newName: body.name,
      ...(body.settings ? { settings: () => body.settings } : {}),
      credentials: givenCredentials(body.credentials, [null]),
    }),
    encode: (view) => ({ status: 200, body: destinationBody(view) }),
  }),
  nativeRoute({
    method: "DELETE",
    url: DESTINATION,
    operationId: "deleteDestination",
    summary: "Delete a destination with its credentials; nothing more is sent there.",
    operation: deleteDestination,
    params: destinationPath,
    answer: { status: 204, description: "It is gone.", content: {} },
    about,
    decode: ({ params }) => params,
    encode: () => ({ status: 204 }),
  }),
  nativeRoute({
    method: "POST",
    url: `${DESTINATION}/test`,
    operationId: "testDestination",
    summary: "Send a destination the newest event that it gets once more, and say what came of it.",
    operation: testDestination,
    params: destinationPath,
    answer: answered(200, "Whether it is reached.", testedShape),
    about,
    decode: ({ params }) => params,
    encode: ({ isReached, problem, index }) => ({
      status: 200,
      body: { is_reached: isReached, problem, index },
    }),
  }),
  standing("pause", pauseDestination, "Send a destination nothing until it is resumed."),
  standing("resume", resumeDestination, "Have a destination go on from where it was."),
  nativeRoute({
    method: "POST",
    url: `${DESTINATION}/replay`,
    operationId: "replayDestination",
    summary: "Send a destination what it has had once more, from a place of the log on.",
    operation: replayDestination,
    params: destinationPath,
    body: replayed,
    answer: answered(200, "From which index on.", replayBegun),
    about,
    decode: ({ params, body }) => ({ ...params, ...body }),
    encode: ({ index }) => ({ status: 200, body: { index } }),
  }),
  nativeRoute({
    method: "GET",
    url: `${DESTINATION}/proof`,
    operationId: "proveDestination",
    summary: "Get the proof of how much of the log a destination has, to be checked offline.",
    operation: proveDestination,
    params: destinationPath,
    answer: {
      status: 200,
      description: "The proof.",
      content: { "text/plain": "A C2SP checkpoint with the statement as extension lines." },
    },
    about,
    decode: ({ params }) => params,
    encode: ({ text }) => ({
      status: 200,
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: text,
    }),
  }),
];

function standing(
  verb: "pause" | "resume",
  operation: typeof pauseDestination,
  summary: string,
): NativeRoute {
  return nativeRoute({
    method: "POST",
    url: `${DESTINATION}/${verb}`,
    operationId: `${verb}Destination`,
    summary,
    operation,
    params: destinationPath,
    answer: answered(200, "The destination.", destinationShape),
    about,
    decode: ({ params }) => params,
    encode: (view) => ({ status: 200, body: destinationBody(view) }),
  });
}

function termsOf({
  filter,
  includes_installation: includesOperators,
  is_routed: isRouted,
  required,
}: z.output<typeof changedDestination>) {
  const maxBacklog = required === undefined ? undefined : (required?.max_backlog ?? null);
  return { filter, includesOperators, isRouted, maxBacklog };
}

function answered(status: 200 | 201, description: string, shape: z.ZodObject): AnswerShape {
  return { status, description, content: { "application/json": shape } };
}
