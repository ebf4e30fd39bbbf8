/** A log as a server publishes it (C2SP tlog-tiles under `/log`), as a source for verification. */
import { HASH_BYTES } from "../ledger/merkle.ts";
import { TILE_WIDTH, decodeBundle, tilePath } from "../ledger/tile.ts";
import type { BundleId, TileId } from "../ledger/tile.ts";
import type { LedgerSource } from "../ledger/verify.ts";
import { RefusedByServer } from "../client/client-error.ts";
import type { Transport } from "../client/transport.ts";
import { CommandError, EXIT } from "./command.ts";
import { explainClientError } from "./client-options.ts";

/** A full bundle of the longest entries, and then some for none that is longer. */
const MAX_ANSWER_BYTES = 17 * 1024 * 1024;

export class HttpSource implements LedgerSource {
  readonly #server: Transport;

  constructor(server: Transport) {
    this.#server = server;
  }

  async checkpoint(): Promise<string | undefined> {
    const bytes = await this.#read("checkpoint");
    return bytes && Buffer.from(bytes).toString("utf8");
  }

  async tile(tile: TileId): Promise<Uint8Array | undefined> {
    const bytes = await this.#readTile(tile);
    return bytes && bytes.length % HASH_BYTES === 0 ? bytes : undefined;
  }

  async entries(first: number, count: number): Promise<readonly Uint8Array[] | undefined> {
    const index = Math.floor(first / TILE_WIDTH);
    const from = first % TILE_WIDTH;
    const bytes = await this.#readTile({ level: "entries", index, width: from + count });
    return bytes && decodeBundle(bytes)?.slice(from, from + count);
  }

  /** A partial tile may be gone once the full one is there, which begins with it. */
  async #readTile(id: TileId | BundleId): Promise<Uint8Array | undefined> {
    const exact = await this.#read(tilePath(id));
    if (exact !== undefined || id.width === TILE_WIDTH) return exact;
    return this.#read(tilePath({ ...id, width: TILE_WIDTH }));
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    try {
      return await readAtMost(await this.#server.request(`log/${path}`), MAX_ANSWER_BYTES);
    } catch (error) {
      if (error instanceof RefusedByServer && error.status === 404) return undefined;
      throw explainClientError(error, this.#server);
    }
  }
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new CommandError(
        EXIT.unavailable,
        `the server answered with more than ${maxBytes} bytes`,
        "No part of a log is that long: do not trust this server.",
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
