/** Pools and engines as DSV shows them. */
import type { FastifyRequest } from "fastify";
import type { SeenEngine } from "../../../app/engines/engines.ts";
import type { Engine, Pool } from "../../../engines/engine.ts";
import type { Item } from "../../../items/item.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import { metadata, seconds } from "./metadata.ts";

export function poolShape(pool: Item<Pool>): object {
  return { name: pool.name, ...metadata(pool) };
}

export function engineShape({ engine, heardAt }: SeenEngine, request: FastifyRequest): object {
  return {
    ...shownOf(engine, request),
    lastHeartbeat: heardAt === null ? "" : seconds(heardAt),
    ...metadata(engine),
  };
}

/** The private key goes out this once. */
export function newEngineShape(
  { engine, privateKey }: { readonly engine: Item<Engine>; readonly privateKey: Sensitive<string> },
  request: FastifyRequest,
): object {
  return {
    ...shownOf(engine, request),
    privateKey: privateKey.reveal(),
    ...metadata(engine),
  };
}

export function engineLine({ engine }: SeenEngine): object {
  return { name: engine.name, poolName: engine.content.poolName };
}

function shownOf({ id, name, content }: Item<Engine>, { protocol, host }: FastifyRequest): object {
  const scheme = protocol === "https" ? "wss" : "ws";
  return {
    name,
    poolName: content.poolName,
    publicKey: content.publicKey,
    // By the id, which leads to it whatever the host's name is.
    endpoint: `${scheme}://${host}/v1/engines/${id}/connection`,
  };
}
