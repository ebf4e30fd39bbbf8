/** HTTP in front of a witness: two paths (C2SP tlog-witness), bounded in every direction, and nothing else. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_ADD_CHECKPOINT_BYTES } from "../ledger/witness.ts";
import type { Witness } from "../ledger/witness.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 256;
const MAX_HEADER_BYTES = 8 * 1024;

export interface WitnessServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Told when the witness could not read or write its state; the caller was answered 503. */
  readonly onFailure: (error: Error) => void;
}

export interface ServedWitness {
  /** Without a slash at its end. */
  readonly url: string;
  /** Resolves once every answer under way is sent. */
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Resolves once it listens; rejects when it cannot. */
export async function listenWitness(
  witness: Witness,
  options: WitnessServerOptions,
): Promise<ServedWitness> {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => {
      void reply(witness, request).then(
        (answer) => send(response, answer),
        (error: unknown) => {
          options.onFailure(error instanceof Error ? error : new Error(String(error)));
          send(response, plain(503, "the witness cannot read or write its state"));
        },
      );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function reply(witness: Witness, request: IncomingMessage): Promise<Reply> {
  const path = (request.url ?? "").split("?", 1)[0];
  if (path === "/add-checkpoint") {
    if (request.method !== "POST") return plain(405, "add-checkpoint is asked with POST");
    const body = await read(request);
    return body instanceof Uint8Array ? witness.addCheckpoint(body) : body;
  }
  const originHash = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path ?? "")?.[1];
  if (originHash !== undefined && request.method === "GET") return witness.latestByHash(originHash);
  return plain(404, "a witness has POST /add-checkpoint and GET /<sha256 of origin>/checkpoint");
}

/** The body, or what to answer as soon as it proves too long. */
async function read(request: IncomingMessage): Promise<Uint8Array | Reply> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Leaving the loop must not destroy the connection: the refusal goes out on it.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > MAX_ADD_CHECKPOINT_BYTES) return plain(413, "the request is too long");
      chunks.push(chunk);
    }
  } catch {
    return plain(400, "the request was cut short");
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, contentType, body }: Reply): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "x-content-type-options": "nosniff",
    // A request that was not read to its end cannot be followed by another on the same connection.
    ...(status === 413 && { connection: "close" }),
  });
  response.end(body);
}

function plain(status: number, sentence: string): Reply {
  return { status, contentType: "text/plain; charset=utf-8", body: `${sentence}\n` };
}
