/** A running server as commands reach it: by URL, with an API key that is exchanged for a token once. */
import { z } from "zod";
import { DEFAULT_PORT } from "../config.ts";
import { CommandError, EXIT, printable } from "./command.ts";
import type { CommandIo } from "./command.ts";

/** For an answer to begin. A stream may then last as long as it moves. */
const ANSWER_TIMEOUT_MS = 60_000;
const MAX_ERROR_BYTES = 64 * 1024;

export const DEFAULT_URL = `http://127.0.0.1:${DEFAULT_PORT}`;
const API_KEY_GRANT = "urn:ibm:params:oauth:grant-type:apikey";

/** The options of a command that talks to a server, for parseArgs. */
export const CONNECTION_OPTIONS = {
  url: { type: "string" },
  "api-key": { type: "string" },
} as const;

export const CONNECTION_USAGE = `  --url URL            the server (or KEYTRAIL_URL; default ${DEFAULT_URL})
  --api-key KEY        an API key that may read the trail; better given as KEYTRAIL_API_KEY, since a
                       command line can be seen by others on this machine
`;

const tokenAnswer = z.object({ access_token: z.string() });
const errorAnswer = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

export class ServerConnection {
  readonly #base: URL;
  readonly #apiKey: string | undefined;
  readonly #signal: AbortSignal;
  #token: Promise<string> | undefined;

  /** Throws a CommandError when the URL is none. */
  constructor(
    options: { readonly url?: string | undefined; readonly "api-key"?: string | undefined },
    io: CommandIo,
  ) {
    const url = options.url ?? io.env.KEYTRAIL_URL ?? DEFAULT_URL;
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw new CommandError(
        EXIT.usage,
        `${url} is no URL of a server`,
        `Give one like ${DEFAULT_URL}.`,
      );
    }
    this.#base = new URL(url.endsWith("/") ? url : `${url}/`);
    this.#apiKey = options["api-key"] ?? io.env.KEYTRAIL_API_KEY;
    this.#signal = io.signal;
  }

  get url(): string {
    return this.#base.href;
  }

  get hasApiKey(): boolean {
    return this.#apiKey !== undefined;
  }

  /** GET with the token if there is a key; any status. Throws a CommandError when no answer comes. */
  async get(path: string): Promise<Response> {
    const headers = new Headers();
    if (this.#apiKey !== undefined) {
      this.#token ??= this.#exchange(this.#apiKey);
      headers.set("authorization", `Bearer ${await this.#token}`);
    }
    return this.#fetch(path, { headers });
  }

  async #exchange(apiKey: string): Promise<string> {
    const form = new URLSearchParams({ grant_type: API_KEY_GRANT, apikey: apiKey });
    const response = await this.#fetch("identity/token", { method: "POST", body: form });
    const answer = tokenAnswer.safeParse(await response.json().catch(() => undefined));
    if (response.ok && answer.success) return answer.data.access_token;
    throw new CommandError(
      EXIT.unavailable,
      `${this.#base.href} did not accept the API key (${response.status})`,
      "Check KEYTRAIL_API_KEY or --api-key: the key may be of another server, or deleted.",
    );
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const timeout = new AbortController();
    const timer = setTimeout(
      () => timeout.abort(new Error("no answer in time")),
      ANSWER_TIMEOUT_MS,
    );
    try {
      const signal = AbortSignal.any([this.#signal, timeout.signal]);
      return await fetch(new URL(path, this.#base), { ...init, signal, redirect: "error" });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CommandError(
        EXIT.unavailable,
        `${this.#base.href} cannot be reached: ${why}`,
        "Is the server running, and is the URL the one it prints at start?",
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What a server's refusal says, in one line fit for a terminal. */
export async function refusalOf(response: Response): Promise<string> {
  const text = (await response.text()).slice(0, MAX_ERROR_BYTES);
  const answer = errorAnswer.safeParse(parsed(text));
  const message = answer.success ? answer.data.errors.map((e) => e.message).join("; ") : "";
  return printable(message || `the server answered ${response.status}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
