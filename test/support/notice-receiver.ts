/** A receiver of notices as somebody else would write one: an HTTP server on loopback that answers as it is told to. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  readonly body: any;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers only when this resolves; never, if it does not. */
  readonly after?: Promise<unknown>;
}

export class NoticeReceiver {
  readonly received: Received[] = [];
  /** How the next requests are answered, one after the other; after that with 200. */
  readonly replies: Reply[] = [];
  /** How every request is answered that `replies` has nothing for. */
  always: (received: Received) => Reply = () => ({});
  readonly #server: Server;
  readonly #waiters: { readonly count: number; readonly wake: () => void }[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const received = { headers: request.headers, text, body: JSON.parse(text) };
        this.received.push(received);
        const reply = this.replies.shift() ?? this.always(received);
        const answer = (): void =>
          void response.writeHead(reply.status ?? 200, reply.headers).end();
        if (reply.after) void reply.after.then(answer);
        else answer();
        for (const { count, wake } of this.#waiters) if (this.received.length >= count) wake();
      });
    });
  }

  static async open(port = 0): Promise<NoticeReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return new NoticeReceiver(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}/hooks/keytrail?token=of-the-receiver`);
  }

  get ids(): readonly string[] {
    return this.received.map(({ body }) => body.id);
  }

  /** `secret_created` and so on, in the order of arrival. */
  get types(): readonly string[] {
    return this.received.map(({ body }) => body.type.replace("com.ibm.cloud.secrets-manager.", ""));
  }

  /** Resolves when so many have arrived. */
  async arrived(count: number): Promise<void> {
    if (this.received.length >= count) return;
    await new Promise<void>((wake) => this.#waiters.push({ count, wake }));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** As docs/notifications.md tells receivers to: what was signed with any of the signatures. */
export function isGenuine({ headers, text }: Received, secret: string): boolean {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signed = [headers["webhook-id"], headers["webhook-timestamp"], text].join(".");
  const expected = createHmac("sha256", key).update(signed).digest();
  return String(headers["webhook-signature"])
    .split(" ")
    .some((one) => {
      const given = Buffer.from(one.replace(/^v1,/, ""), "base64");
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}
