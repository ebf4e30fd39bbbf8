/**
 * A certificate authority on this machine that speaks ACME (RFC 8555) as it is written, and a DNS that only it reads:
 * every request has to be signed by an account that it knows, for the URL it goes to and with a nonce that is used once.
 */
import { createHash, randomBytes, type KeyObject } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { calculateJwkThumbprint, flattenedVerify, importJWK, type JWK } from "jose";
import type { Clock } from "../../src/kernel/clock.ts";
import { readCsr } from "../../src/pki/csr.ts";
import { publicKeyOf } from "../../src/pki/keys.ts";
import { pemOf } from "../../src/pki/pem.ts";
import { AcmeSigner } from "./acme-signer.ts";
import { bodyOf, serve } from "./serve.ts";

const DAY_MS = 24 * 3_600_000;
const TYPES = "urn:ietf:params:acme:error:";

/** What a request is for, by which answers can be arranged. */
export type Asked =
  | "directory"
  | "nonce"
  | "account"
  | "new-order"
  | "order"
  | "authorization"
  | "challenge"
  | "finalize"
  | "certificate";

export interface Arranged {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer never comes. */
  readonly silent?: true;
  /** What was asked is done, and its answer lost. */
  readonly afterwards?: true;
}

interface Account {
  readonly url: string;
  readonly jwk: JWK;
}

interface Authorization {
  readonly id: string;
  readonly domain: string;
  readonly isWildcard: boolean;
  readonly token: string;
  readonly thumbprint: string;
  readonly expires: number;
  status: "pending" | "valid" | "invalid";
  error?: object;
}

interface Order {
  readonly id: string;
  readonly thumbprint: string;
  readonly names: readonly string[];
  readonly authorizations: readonly Authorization[];
  readonly expires: number;
  status: "pending" | "ready" | "processing" | "valid" | "invalid";
  looksLeft: number;
  chains: readonly string[];
}

export interface AcmeServer {
  /** The URL of its directory. */
  readonly directory: string;
  /** The certificate at the top of the chain that is its own choice. */
  readonly root: string;
  /** Lets an account be known by the public half of this key. */
  register(key: KeyObject): Promise<void>;
  publish(name: string, value: string): void;
  unpublishAll(): void;
  /** The next request of this kind is answered so; those after it by what is arranged after that. */
  arrange(asked: Asked, answer: Arranged): void;
  problem(type: string, status?: number, more?: object): Arranged;
  /** What was asked so far, in order. */
  readonly asked: readonly Asked[];
  readonly userAgents: ReadonlySet<string>;
  /** Every secret word of the conversation: tokens of challenges. */
  readonly tokens: readonly string[];
  readonly orders: number;
  /** Looks at an order until it is signed. */
  looksToSign: number;
  /** Whether names that were proven once stay so. */
  remembersNames: boolean;
  lifetimeMs: number;
  close(): Promise<void>;
}

export async function startAcmeServer(clock: Clock): Promise<AcmeServer> {
  const authority = new Authority(clock, await AcmeSigner.found(clock));
  const served = await serve((request, response) => authority.handle(request, response));
  authority.url = served.url;
  authority.close = () => served.close();
  return authority;
}

class Authority implements AcmeServer {
  url = "";
  looksToSign = 0;
  remembersNames = false;
  lifetimeMs = 90 * DAY_MS;
  close: () => Promise<void> = () => Promise.resolve();
  readonly asked: Asked[] = [];
  readonly tokens: string[] = [];
  readonly userAgents = new Set<string>();
  readonly #clock: Clock;
  readonly #signer: AcmeSigner;
  readonly #records = new Map<string, Set<string>>();
  readonly #arranged: { readonly asked: Asked; readonly answer: Arranged }[] = [];
  readonly #nonces = new Set<string>();
  readonly #accounts = new Map<string, Account>();
  readonly #orders = new Map<string, Order>();
  readonly #authorizations = new Map<string, Authorization>();
  readonly #proven = new Set<string>();

  constructor(clock: Clock, signer: AcmeSigner) {
    this.#clock = clock;
    this.#signer = signer;
  }

  get root(): string {
    return this.#signer.roots[0];
  }

  get directory(): string {
    return `${this.url}/directory`;
  }

  get orders(): number {
    return this.#orders.size;
  }

  async register(key: KeyObject): Promise<void> {
    const jwk = publicKeyOf(key).export({ format: "jwk" }) as JWK;
    const url = `${this.url}/account/${this.#accounts.size + 1}`;
    this.#accounts.set(await calculateJwkThumbprint(jwk), { url, jwk });
  }

  publish(name: string, value: string): void {
    const values = this.#records.get(name) ?? new Set();
    this.#records.set(name, values.add(value));
  }

  unpublishAll(): void {
    this.#records.clear();
  }

  arrange(asked: Asked, answer: Arranged): void {
    this.#arranged.push({ asked, answer });
  }

  problem(type: string, status = 400, more: object = {}): Arranged {
    return {
      status,
      headers: { "Content-Type": "application/problem+json" },
      body: JSON.stringify({ type: `${TYPES}${type}`, detail: `On ${type}.`, ...more }),
    };
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = this.#kindOf(request.url ?? "");
    if (!asked) return respond(response, this.problem("malformed", 404));
    this.asked.push(asked);
    this.userAgents.add(request.headers["user-agent"] ?? "");
    const nonce = randomBytes(12).toString("base64url");
    this.#nonces.add(nonce);
    response.setHeader("Replay-Nonce", nonce);
    const at = this.#arranged.findIndex((one) => one.asked === asked);
    const arranged = at < 0 ? undefined : this.#arranged.splice(at, 1)[0]?.answer;
    if (arranged && !arranged.afterwards) {
      if (arranged.silent) return;
      return respond(response, arranged);
    }
    const usual = await this.#usual(asked, request);
    respond(response, arranged ?? usual);
  }

  #kindOf(path: string): Asked | undefined {
    const kinds: Readonly<Record<string, Asked>> = {
      directory: "directory",
      "new-nonce": "nonce",
      "new-account": "account",
      "new-order": "new-order",
      order: "order",
      authorization: "authorization",
      challenge: "challenge",
      finalize: "finalize",
      certificate: "certificate",
    };
    return kinds[path.split("/")[1] ?? ""];
  }

  async #usual(asked: Asked, request: IncomingMessage): Promise<Arranged> {
    if (asked === "directory") {
      const { url } = this;
      return json({
        newNonce: `${url}/new-nonce`,
        newAccount: `${url}/new-account`,
        newOrder: `${url}/new-order`,
        keyChange: `${url}/key-change`,
        revokeCert: `${url}/revoke`,
      });
    }
    if (asked === "nonce") return { status: 200 };
    const signed = await this.#verified(request);
    if (!("payload" in signed)) return signed;
    const { payload, thumbprint } = signed;
    if (asked === "account") {
      const account = this.#accounts.get(thumbprint);
      if (!account) return this.problem("accountDoesNotExist");
      return json({ status: "valid" }, 200, { Location: account.url });
    }
    const id = request.url?.split("/")[2] ?? "";
    if (asked === "new-order") return this.#newOrder(payload, thumbprint);
    if (asked === "authorization" || asked === "challenge") {
      const found = this.#authorizations.get(id);
      if (!found || found.thumbprint !== thumbprint) return this.problem("malformed", 404);
      if (asked === "challenge" && payload !== "") {
        // As Let's Encrypt's does: what is decided is not looked at again.
        if (found.status !== "pending") return this.problem("malformed");
        this.#validate(found);
      }
      return json(asked === "challenge" ? this.#challenge(found) : this.#authorization(found));
    }
    const order = this.#orders.get(id);
    if (!order || order.thumbprint !== thumbprint) return this.problem("malformed", 404);
    if (asked === "finalize") return this.#finalize(order, payload);
    if (asked === "certificate") return this.#certificate(order, request.url ?? "");
    return json(
      this.#order(order),
      200,
      order.status === "processing" ? { "Retry-After": "2" } : {},
    );
  }

  /** RFC 8555, section 6: who asks, for what, and with which nonce. */
  async #verified(
    request: IncomingMessage,
  ): Promise<Arranged | { readonly payload: string; readonly thumbprint: string }> {
    if (request.headers["content-type"] !== "application/jose+json") {
      return this.problem("malformed", 415);
    }
    const jws = JSON.parse((await bodyOf(request)).toString()) as { protected: string };
    const header = JSON.parse(Buffer.from(jws.protected, "base64url").toString()) as {
      readonly nonce: string;
      readonly url: string;
      readonly alg: string;
      readonly jwk?: JWK;
      readonly kid?: string;
    };
    if (!this.#nonces.delete(header.nonce)) return this.problem("badNonce");
    if (header.url !== `${this.url}${request.url}`) return this.problem("unauthorized", 403);
    if ((header.jwk === undefined) === (header.kid === undefined)) return this.problem("malformed");
    const known = [...this.#accounts.values()].find(({ url }) => url === header.kid);
    const jwk = header.jwk ?? known?.jwk;
    if (!jwk) return this.problem("accountDoesNotExist");
    try {
      const { payload } = await flattenedVerify(jws as never, await importJWK(jwk, header.alg));
      return {
        payload: Buffer.from(payload).toString(),
        thumbprint: await calculateJwkThumbprint(jwk),
      };
    } catch {
      return this.problem("unauthorized", 403);
    }
  }

  #newOrder(payload: string, thumbprint: string): Arranged {
    const { identifiers } = JSON.parse(payload) as { identifiers: { value: string }[] };
    const names = identifiers.map(({ value }) => value);
    const expires = this.#clock.now() + 7 * DAY_MS;
    const authorizations = names.map((name): Authorization => {
      const isWildcard = name.startsWith("*.");
      const token = randomBytes(32).toString("base64url");
      this.tokens.push(token);
      const isProven = this.remembersNames && this.#proven.has(name);
      const domain = isWildcard ? name.slice(2) : name;
      const id = `a${this.#authorizations.size + 1}`;
      const status = isProven ? "valid" : "pending";
      const made: Authorization = { id, domain, isWildcard, token, thumbprint, expires, status };
      this.#authorizations.set(id, made);
      return made;
    });
    const isReady = authorizations.every(({ status }) => status === "valid");
    const order: Order = {
      id: `o${this.#orders.size + 1}`,
      thumbprint,
      names,
      authorizations,
      expires,
      status: isReady ? "ready" : "pending",
      looksLeft: this.looksToSign,
      chains: [],
    };
    this.#orders.set(order.id, order);
    return json(this.#order(order), 201, { Location: `${this.url}/order/${order.id}` });
  }

  #order(order: Order): object {
    const { id, status } = order;
    if (status === "processing" && order.looksLeft-- <= 0) order.status = "valid";
    return {
      status: order.status,
      expires: new Date(order.expires).toISOString(),
      identifiers: order.names.map((value) => ({ type: "dns", value })),
      authorizations: order.authorizations.map((one) => `${this.url}/authorization/${one.id}`),
      finalize: `${this.url}/finalize/${id}`,
      ...(order.status === "valid" ? { certificate: `${this.url}/certificate/${id}` } : {}),
    };
  }

  #authorization(found: Authorization): object {
    return {
      identifier: { type: "dns", value: found.domain },
      status: found.status,
      expires: new Date(found.expires).toISOString(),
      ...(found.isWildcard ? { wildcard: true } : {}),
      challenges: [
        { type: "http-01", url: `${this.url}/challenge/none`, status: "pending", token: "x" },
        this.#challenge(found),
      ],
    };
  }

  #challenge({ id, token, status, error }: Authorization): object {
    const url = `${this.url}/challenge/${id}`;
    return { type: "dns-01", url, token, status, ...(error ? { error } : {}) };
  }

  /** RFC 8555, section 8.4. */
  #validate(found: Authorization): void {
    const expected = createHash("sha256")
      .update(`${found.token}.${found.thumbprint}`)
      .digest("base64url");
    const values = this.#records.get(`_acme-challenge.${found.domain}`);
    found.status = values?.has(expected) ? "valid" : "invalid";
    if (found.status === "valid") {
      this.#proven.add(found.isWildcard ? `*.${found.domain}` : found.domain);
    } else {
      const seen = [...(values ?? [])].join(", ");
      found.error = {
        type: `${TYPES}${values ? "unauthorized" : "dns"}`,
        detail: values ? `Incorrect TXT record "${seen}" found.` : "No TXT record found.",
      };
    }
    for (const order of this.#orders.values()) {
      if (order.status !== "pending" || !order.authorizations.includes(found)) continue;
      const statuses = order.authorizations.map(({ status }) => status);
      if (statuses.includes("invalid")) order.status = "invalid";
      else if (statuses.every((status) => status === "valid")) order.status = "ready";
    }
  }

  async #finalize(order: Order, payload: string): Promise<Arranged> {
    if (order.status !== "ready") return this.problem("orderNotReady", 403);
    const { csr: given } = JSON.parse(payload) as { csr: string };
    const csr = readCsr(pemOf("CERTIFICATE REQUEST", Buffer.from(given, "base64url")));
    const asked = csr.altNames.map((one) => (one.kind === "dns" ? one.value : "?")).toSorted();
    if (asked.join() !== order.names.toSorted().join()) return this.problem("badCSR");
    order.chains = await this.#signer.sign(csr, this.lifetimeMs);
    order.status = "processing";
    return json(this.#order(order));
  }

  #certificate(order: Order, path: string): Arranged {
    const isOther = path.endsWith("/1");
    const other = `<${this.url}/certificate/${order.id}/1>;rel="alternate"`;
    const body = order.chains[isOther ? 1 : 0];
    if (body === undefined) return this.problem("malformed", 404);
    const headers = { "Content-Type": "application/pem-certificate-chain" };
    const up = `<${this.url}/directory>;rel="index"`;
    return {
      status: 200,
      body,
      headers: isOther ? headers : { ...headers, Link: `${up}, ${other}` },
    };
  }
}

function json(
  body: object,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Arranged {
  return {
    status,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

function respond(response: ServerResponse, { status = 200, headers = {}, body }: Arranged): void {
  response.writeHead(status, headers);
  response.end(body);
}
