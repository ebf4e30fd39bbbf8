/**
 * The log's public surface (C2SP tlog-tiles): the checkpoint and the tiles of hashes, for anyone, since a hash tells
 * nobody what was hashed. Never beyond the published checkpoint. The entries are not here: they are everyone's events.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { ProvenLog } from "../../app/trail/trail-reader.ts";
import { parseTilePath } from "../../ledger/tile.ts";

/** A checkpoint is replaced within a second of an append: no cache need hold it longer. */
export const CHECKPOINT_MAX_AGE_S = 1;
/** Tiles, partial ones too, never change once a checkpoint covers them. */
export const TILE_MAX_AGE_S = 31_536_000;

export function logSurface(
  log: Pick<ProvenLog, "checkpoint" | "tile">,
): (server: FastifyInstance) => void {
  return (server) => {
    server.get("/log/checkpoint", (_request, reply) =>
      reply
        .header("content-type", "text/plain; charset=utf-8")
        .header("cache-control", `public, max-age=${CHECKPOINT_MAX_AGE_S}`)
        .send(log.checkpoint().text),
    );
    server.get<{ Params: { "*": string } }>("/log/tile/*", async (request, reply) => {
      const tile = parseTilePath(`tile/${request.params["*"]}`);
      if (tile === undefined || tile.level === "entries") return noTile(reply);
      const bytes = await log.tile(tile.level, tile.index, tile.width);
      if (bytes === undefined) return noTile(reply);
      return reply
        .header("content-type", "application/octet-stream")
        .header("cache-control", `public, max-age=${TILE_MAX_AGE_S}, immutable`)
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
  };
}

/** The tile may come to be: nobody is to remember that it was not there. */
function noTile(reply: FastifyReply): FastifyReply {
  return reply
    .code(404)
    .header("content-type", "text/plain; charset=utf-8")
    .header("cache-control", "no-store")
    .send("The published checkpoint has no such tile.\n");
}
