/** A server of HTTP or HTTPS on loopback for receivers of the trail: it reads a request, and a receiver answers it. */
import { createServer as createPlain, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createTls } from "node:https";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

export interface SiemRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** As it came. */
  readonly sent: Buffer;
  /** Without gzip. */
  readonly body: Buffer;
}

export interface SiemReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The receiver has taken it, and its answer is lost. */
  readonly isLost?: boolean;
}

export type Receive = (request: SiemRequest) => SiemReply;

export interface SiemTls {
  readonly key: string;
  readonly cert: string;
  /** Whose clients it lets in; anybody's where there is none. */
  readonly clientCa?: string;
}

/** What comes in no form that can be read. */
class Malformed extends Error {}

export class SiemServer {
  readonly requests: SiemRequest[] = [];
  /** How the next requests are answered that are no HEAD, instead of by the receiver. */
  readonly planned: SiemReply[] = [];
  /** What it answers to HEAD. */
  headStatus = 405;
  readonly #server: Server;
  readonly #scheme: string;

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
  }

  static async open(receive: Receive, tls?: SiemTls): Promise<SiemServer> {
    const server = tls
      ? createTls({
          key: tls.key,
          cert: tls.cert,
          ...(tls.clientCa === undefined
            ? {}
            : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
        })
      : createPlain();
    const opened = new SiemServer(server, tls ? "https" : "http");
    server.on("request", (incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const sent = Buffer.concat(chunks);
        const reply = opened.#replyTo(
          {
            method: incoming.method ?? "",
            url: new URL(incoming.url ?? "", opened.url),
            headers: incoming.headers,
            sent,
          },
          receive,
        );
        if (reply.isLost) return void incoming.socket.destroy();
        const isJson = typeof reply.body === "object";
        const type = { "content-type": isJson ? "application/json" : "text/plain" };
        response.writeHead(reply.status, { ...type, ...reply.headers });
        response.end(isJson ? JSON.stringify(reply.body) : reply.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return opened;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #replyTo(request: Omit<SiemRequest, "body">, receive: Receive): SiemReply {
    try {
      const whole = { ...request, body: decoded(request.headers, request.sent) };
      this.requests.push(whole);
      if (request.method === "HEAD") return { status: this.headStatus };
      const planned = this.planned.shift();
      if (planned?.isLost) receive(whole);
      return planned ?? receive(whole);
    } catch (error) {
      if (error instanceof Malformed) return { status: 400, body: error.message };
      throw error;
    }
  }
}

function decoded(headers: IncomingHttpHeaders, sent: Buffer): Buffer {
  const encoding = headers["content-encoding"];
  if (encoding === undefined) return sent;
  if (encoding !== "gzip") throw new Malformed(`encoding ${encoding}`);
  return gunzipSync(sent);
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** UTF-8 to the letter. */
export function textOf(body: Buffer): string {
  return decoder.decode(body);
}
