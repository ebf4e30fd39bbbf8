/**
 * HTTP as the client needs it: a token got once and kept while it is good, a 503 tried again where repeating is
 * harmless, every refusal an error with its code.
 */
import { systemClock, type Clock } from "../kernel/clock.ts";
import { setTimeout as delay } from "node:timers/promises";
import type { z } from "zod";
import { errorAnswer, tokenAnswer } from "./answers.ts";
import { RefusedByServer, ServerUnreachable } from "./client-error.ts";

/** For an answer to begin; a stream may then last as long as it moves. */
export const ANSWER_TIMEOUT_MS = 60_000;
/** Of one idempotent request, while the server says 503. */
export const MAX_ATTEMPTS = 4;
/** However long a server asks to be left alone. */
export const MAX_RETRY_DELAY_MS = 10_000;
export const FIRST_RETRY_DELAY_MS = 250;
/** A token is not used in its last minute: the request may take its time. */
const TOKEN_MARGIN_MS = 60_000;
const MAX_ERROR_CHARS = 64 * 1024;

const API_KEY_GRANT = "urn:ibm:params:oauth:grant-type:apikey";

/** Methods that may be repeated without doing anything twice (RFC 9110, section 9.2.2, less what we do not use). */
const REPEATABLE = new Set(["GET", "DELETE"]);

export interface TransportOptions {
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** Aborts everything under way. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  /** Before the second attempt; doubled for each further one. */
  readonly retryDelayMs?: number;
}

export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal;
}

interface Token {
  readonly value: string;
  readonly goodUntilMs: number;
}

export class Transport {
  readonly #base: URL;
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  #token: Promise<Token> | undefined;

  /** Throws a TypeError when the URL is none. */
  constructor(options: TransportOptions) {
    this.#base = new URL(options.url.endsWith("/") ? options.url : `${options.url}/`);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get url(): string {
    return this.#base.href;
  }

  /** The answer's JSON. Throws RefusedByServer, or ServerUnreachable also for JSON of another shape. */
  async json<T>(shape: z.ZodType<T>, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.request(path, options);
    const body: unknown = await response.json().catch(() => undefined);
    // Checked, and given as it came: a copy would have its members in another order than the log has them.
    if (shape.safeParse(body).success) return body as T;
    throw new ServerUnreachable(`${this.url} answered ${path} in a form that is not known here`);
  }

  /** Any answer but a refusal; those are thrown. */
  async request(path: string, options: RequestOptions = {}): Promise<Response> {
    const { method = "GET" } = options;
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#authorized(path, options);
      if (response.ok) return response;
      const canRepeat = REPEATABLE.has(method) && attempt < MAX_ATTEMPTS;
      if (response.status !== 503 || !canRepeat) throw await refusalOf(response);
      await response.body?.cancel();
      await this.#wait(response, attempt);
    }
  }

  /** A token that the server no longer takes (its key was made anew, its clock differs) is replaced once. */
  async #authorized(path: string, options: RequestOptions): Promise<Response> {
    if (this.#options.apiKey === undefined) return this.#fetch(path, options);
    const token = await this.#validToken(this.#options.apiKey);
    const response = await this.#fetch(path, withToken(options, token));
    if (response.status !== 401) return response;
    await response.body?.cancel();
    this.#token = undefined;
    return this.#fetch(path, withToken(options, await this.#validToken(this.#options.apiKey)));
  }

  async #validToken(apiKey: string): Promise<string> {
    this.#token ??= this.#exchange(apiKey);
    try {
      const token = await this.#token;
      if (this.#clock.now() < token.goodUntilMs) return token.value;
    } catch (error) {
      this.#token = undefined;
      throw error;
    }
    this.#token = this.#exchange(apiKey);
    return (await this.#token).value;
  }

  async #exchange(apiKey: string): Promise<Token> {
    const body = new URLSearchParams({ grant_type: API_KEY_GRANT, apikey: apiKey }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const response = await this.#fetch("identity/token", { method: "POST", body, headers });
    if (!response.ok) throw await tokenRefusal(response);
    const answer = tokenAnswer.safeParse(await response.json().catch(() => undefined));
    if (!answer.success) throw new ServerUnreachable(`${this.url} gave no token`);
    const { access_token: value, expires_in: seconds } = answer.data;
    return { value, goodUntilMs: this.#clock.now() + seconds * 1_000 - TOKEN_MARGIN_MS };
  }

  async #fetch(
    path: string,
    { method = "GET", headers, body, signal }: RequestOptions,
  ): Promise<Response> {
    const tooLong = new AbortController();
    const timer = setTimeout(
      () => tooLong.abort(new Error("no answer in time")),
      ANSWER_TIMEOUT_MS,
    );
    const signals = [tooLong.signal, this.#options.signal, signal].filter(
      (one) => one !== undefined,
    );
    try {
      return await fetch(new URL(path, this.#base), {
        method,
        ...(headers ? { headers } : {}),
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any(signals),
        // A redirect would take the token to a place nobody has named.
        redirect: "error",
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ServerUnreachable(`${this.url} cannot be reached: ${why}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async #wait(response: Response, attempt: number): Promise<void> {
    const { retryDelayMs = FIRST_RETRY_DELAY_MS, signal } = this.#options;
    const asked = Number(response.headers.get("retry-after")) * 1_000;
    const backOff = retryDelayMs * 2 ** (attempt - 1);
    // Half to all of it, so that clients refused together do not come back together.
    const spread = Math.max(asked || 0, backOff) * (0.5 + Math.random() / 2);
    await delay(Math.min(spread, MAX_RETRY_DELAY_MS), undefined, signal ? { signal } : {});
  }
}

function withToken(options: RequestOptions, token: string): RequestOptions {
  return { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } };
}

/** IAM's own form says 400 to a key it does not know; to whoever calls this client that is a 401 like any other. */
async function tokenRefusal(response: Response): Promise<RefusedByServer> {
  if (response.status >= 500) return refusalOf(response);
  await response.body?.cancel();
  const about = { status: 401, code: "unauthenticated" };
  return new RefusedByServer("The server does not accept the API key.", about);
}

async function refusalOf(response: Response): Promise<RefusedByServer> {
  const { status } = response;
  const text = (await response.text().catch(() => "")).slice(0, MAX_ERROR_CHARS);
  const answer = errorAnswer.safeParse(parsed(text));
  if (!answer.success) {
    return new RefusedByServer(`The server answered ${status}.`, { status, code: "" });
  }
  const { errors, trace } = answer.data;
  const { code = "", column } = errors[0] ?? {};
  const message = errors.map((error) => error.message).join("; ");
  return new RefusedByServer(message, { status, code, column, trace });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
