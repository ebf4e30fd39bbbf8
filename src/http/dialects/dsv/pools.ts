/** Pools of engines. */
import { z } from "zod";
import { createPool, deletePool, listPools, readPool } from "../../../app/engines/pools.ts";
import type { FastifyRequest } from "fastify";
import type { Route } from "../../route.ts";
import { bodyAs, flag, parameter, queryAs } from "./fields.ts";
import { created, empty, line, ok } from "./line.ts";
import { askedOf, cursorTo } from "./lists.ts";
import { poolShape } from "./engine-shapes.ts";

const newPool = z.object({ name: z.string() });
const forced = z.object({ force: flag.optional() });

const named = (request: FastifyRequest) => ({ name: parameter(request, "name") });
const about = (request: FastifyRequest) => ({ kind: "pool", id: parameter(request, "name") });

export const poolsRoutes: readonly Route[] = [
  line("POST /pools", createPool, {
    decode: (request) => bodyAs(newPool, request),
    encode: created(poolShape),
  }),
  line("GET /pools", listPools, {
    decode: askedOf,
    encode: ok(({ items, totalCount }, request) => {
      const asked = askedOf(request);
      return {
        cursor: cursorTo(asked, totalCount),
        pools: items.map(poolShape),
        length: items.length,
        limit: asked.limit,
        total: totalCount,
      };
    }),
  }),
  line("GET /pools/:name", readPool, { decode: named, encode: ok(poolShape), about }),
  line("DELETE /pools/:name", deletePool, {
    decode: (request) => ({ ...named(request), ...queryAs(forced, request) }),
    encode: empty(204),
    about,
  }),
];
