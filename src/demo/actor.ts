/** Someone who calls the server over HTTP in the demonstration: with an address, a client, and an API key. */
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Wire {
  readonly url: string;
  /** The certificate to trust, when the server has made its own. */
  readonly certificate: string | undefined;
}

export interface Cast {
  readonly apiKey: string;
  readonly address: string;
  readonly agent: string;
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

export class Actor {
  readonly #wire: Wire;
  readonly #cast: Cast;
  readonly #agent: HttpAgent;
  #token = "";

  constructor(wire: Wire, cast: Cast) {
    this.#wire = wire;
    this.#cast = cast;
    this.#agent = wire.url.startsWith("https:")
      ? new HttpsAgent({ keepAlive: true, ...(wire.certificate ? { ca: wire.certificate } : {}) })
      : new HttpAgent({ keepAlive: true });
  }

  async logIn(): Promise<Reply> {
    const form = new URLSearchParams({
      grant_type: "urn:ibm:params:oauth:grant-type:apikey",
      apikey: this.#cast.apiKey,
    });
    // A login brings its credential in the body; an Authorization header would name the client.
    this.#token = "";
    const reply = await this.#send("POST", "/identity/token", {
      type: "application/x-www-form-urlencoded",
      text: form.toString(),
    });
    const token = reply.body["access_token"];
    this.#token = typeof token === "string" ? token : "";
    return reply;
  }

  get(path: string): Promise<Reply> {
    return this.#send("GET", path);
  }

  delete(path: string): Promise<Reply> {
    return this.#send("DELETE", path);
  }

  post(path: string, body: object): Promise<Reply> {
    return this.#send("POST", path, { type: "application/json", text: JSON.stringify(body) });
  }

  patch(path: string, body: object): Promise<Reply> {
    return this.#send("PATCH", path, {
      type: "application/merge-patch+json",
      text: JSON.stringify(body),
    });
  }

  leave(): void {
    this.#agent.destroy();
  }

  #send(
    method: Method,
    path: string,
    body?: { readonly type: string; readonly text: string },
  ): Promise<Reply> {
    const url = new URL(path, this.#wire.url);
    const headers: Record<string, string> = {
      "User-Agent": this.#cast.agent,
      "X-Forwarded-For": this.#cast.address,
      ...(this.#token === "" ? {} : { Authorization: `Bearer ${this.#token}` }),
      ...(body ? { "Content-Type": body.type } : {}),
    };
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = send(url, { method, headers, agent: this.#agent }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve(replyOf(incoming.statusCode ?? 0, Buffer.concat(chunks).toString("utf8"))),
        );
      });
      outgoing.on("error", reject);
      outgoing.end(body?.text);
    });
  }
}

/** Some answers are lists of lines, or nothing: the story looks into objects only. */
function replyOf(status: number, text: string): Reply {
  try {
    const body = JSON.parse(text) as unknown;
    return { status, body: typeof body === "object" && body !== null ? { ...body } : {} };
  } catch {
    return { status, body: {} };
  }
}
