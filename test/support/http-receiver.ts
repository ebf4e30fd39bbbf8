/** A server of HTTP or HTTPS on loopback that behaves as it is told to, badly above all. */
import {
  createServer as createPlain,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTls } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { gunzipSync } from "node:zlib";

export interface Received {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Without gzip. */
  readonly body: Buffer;
  /** Which connection it came by, counted from 0. */
  readonly connection: number;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/**
 * `silence`: no answer, ever. `garbage`: bytes that are no HTTP. `reset`: the connection is torn. `cut`: the answer ends
 * in the middle.
 */
export type Misconduct = "silence" | "garbage" | "reset" | "cut";

export type Behaviour = (request: Received) => Reply | Misconduct | Promise<Reply | Misconduct>;

export interface ReceiverOptions {
  readonly tls?: { readonly key: string; readonly certificate: string };
  readonly clientCa?: string;
  /** Of one that was there before. */
  readonly port?: number;
}

export class HttpReceiver {
  readonly port: number;
  readonly requests: Received[] = [];
  readonly #server: Server;
  readonly #connections = new Map<Socket, number>();
  #accepted = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(
    behaviour: Behaviour,
    { tls, clientCa, port = 0 }: ReceiverOptions = {},
  ): Promise<HttpReceiver> {
    const server = tls
      ? createTls({
          key: tls.key,
          cert: tls.certificate,
          ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true }),
        })
      : createPlain();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    const receiver = new HttpReceiver(server);
    receiver.#serve(behaviour, tls ? "secureConnection" : "connection");
    return receiver;
  }

  get connections(): number {
    return this.#accepted;
  }

  /** Every connection is torn, and the port is free. */
  async close(): Promise<void> {
    for (const socket of this.#connections.keys()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** As a server does that has had enough of idle connections. */
  dropConnections(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #serve(behaviour: Behaviour, connected: string): void {
    this.#server.on(connected, (socket: Socket) => {
      this.#connections.set(socket, this.#accepted++);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#connections.delete(socket));
    });
    this.#server.on("request", (incoming, response) => {
      const { socket } = incoming;
      const connection = this.#connections.get(socket) ?? -1;
      const chunks: Buffer[] = [];
      incoming.on("error", () => undefined);
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const request: Received = {
          method: incoming.method ?? "",
          path: incoming.url ?? "",
          headers: incoming.headers,
          body: unpacked(incoming.headers, Buffer.concat(chunks)),
          connection,
        };
        this.requests.push(request);
        void this.#answer(behaviour(request), response);
      });
    });
  }

  async #answer(
    reply: Reply | Misconduct | Promise<Reply | Misconduct>,
    response: ServerResponse,
  ): Promise<void> {
    const { socket } = response.req;
    const told = await reply;
    if (told === "silence") return;
    if (told === "reset") socket.destroy();
    else if (told === "garbage") socket.end("\u0000\u0001 this is not HTTP\r\n\r\n");
    else if (told === "cut") {
      response.writeHead(200, { "content-length": "1000" }).write("{");
      setImmediate(() => socket.destroy());
    } else response.writeHead(told.status, { ...told.headers }).end(told.body);
  }
}

function unpacked(headers: IncomingHttpHeaders, body: Buffer): Buffer {
  return headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}
