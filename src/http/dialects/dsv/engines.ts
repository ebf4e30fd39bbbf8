/** Engines. Their own connections are taken by `http/surfaces/engine-connections.ts`. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import {
  createEngine,
  deleteEngine,
  listEngines,
  readEngine,
} from "../../../app/engines/engines.ts";
import { pingEngine } from "../../../app/engines/ping-engine.ts";
import type { Answer, Route } from "../../route.ts";
import { engineLine, engineShape, newEngineShape } from "./engine-shapes.ts";
import { bodyAs, flag, parameter, queryAs } from "./fields.ts";
import { created, line, ok } from "./line.ts";
import { asked, cursorTo, listQuery } from "./lists.ts";

const newEngine = z.object({ name: z.string(), poolName: z.string() });
const forced = z.object({ force: flag.optional() });
const enginesQuery = listQuery.extend({ poolName: z.string().max(255).optional() });

const named = (request: FastifyRequest) => ({ name: parameter(request, "name") });
const about = (request: FastifyRequest) => ({ kind: "engine", id: parameter(request, "name") });

function queryOf(request: FastifyRequest) {
  const { poolName, ...query } = queryAs(enginesQuery, request);
  return { poolName, ...asked(query) };
}

/** Forced, the record has the status of DSV's forced deletions. */
function deleted(_output: object, request: FastifyRequest): Answer {
  return { status: queryAs(forced, request).force === true ? 204 : 200 };
}

export const enginesRoutes: readonly Route[] = [
  line("POST /engines", createEngine, {
    decode: (request) => bodyAs(newEngine, request),
    encode: created(newEngineShape),
  }),
  line("GET /engines", listEngines, {
    decode: queryOf,
    encode: ok(({ engines, totalCount }, request) => {
      const query = queryOf(request);
      return {
        cursor: cursorTo(query, totalCount),
        engines: engines.map(engineLine),
        length: engines.length,
        limit: query.limit,
        total: totalCount,
      };
    }),
  }),
  line("GET /engines/:name", readEngine, { decode: named, encode: ok(engineShape), about }),
  line("DELETE /engines/:name", deleteEngine, {
    decode: (request) => ({ ...named(request), ...queryAs(forced, request) }),
    encode: deleted,
    about,
  }),
  line("POST /engines/:name/ping", pingEngine, {
    decode: named,
    encode: ok(({ name, roundTripMs }) => ({
      message: `ping succeeded: engine ${name} answered in ${roundTripMs} ms`,
    })),
    about,
  }),
];
