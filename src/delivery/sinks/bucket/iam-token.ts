/** A token of IBM's IAM for an API key, kept as long as it is good. IBM Cloud API docs, "IAM Identity Services". */
import { z } from "zod";
import { utf8 } from "../../../kernel/bytes.ts";
import type { Millis } from "../../../kernel/clock.ts";
import { DeliveryFault } from "../../fault.ts";
import type { HttpClient } from "../../transports/http.ts";
import { isTaken } from "../../transports/answers.ts";
import { iamFault } from "./retry.ts";

/** A token is asked for anew before it ends: what is under way by then must still be taken. */
export const RENEW_BEFORE_MS = 120_000;
/** A token that says it is good for longer is asked for anew after this. */
export const MAX_TOKEN_MS = 3_600_000;

const GRANT = "urn:ibm:params:oauth:grant-type:apikey";

const answer = z.looseObject({
  access_token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  expires_in: z.number().positive(),
});

export interface IamTokenPorts {
  readonly client: HttpClient;
  readonly url: string;
  readonly apiKey: string;
  readonly now: () => Millis;
}

export class IamToken {
  readonly #ports: IamTokenPorts;
  #held: { readonly token: string; readonly until: Millis } | undefined;

  constructor(ports: IamTokenPorts) {
    this.#ports = ports;
  }

  /** Throws a DeliveryFault: `denied` for a key that is not taken. */
  async get(signal: AbortSignal): Promise<string> {
    const { now } = this.#ports;
    if (this.#held && now() < this.#held.until) return this.#held.token;
    const { access_token: token, expires_in: seconds } = await this.#asked(signal);
    const goodMs = Math.min(seconds * 1_000, MAX_TOKEN_MS);
    this.#held = { token, until: now() + Math.max(goodMs - RENEW_BEFORE_MS, goodMs / 2) };
    return token;
  }

  /** It was not taken: the next one is another. */
  forget(): void {
    this.#held = undefined;
  }

  async #asked(signal: AbortSignal): Promise<z.output<typeof answer>> {
    const { client, url, apiKey, now } = this.#ports;
    const form = new URLSearchParams({ grant_type: GRANT, apikey: apiKey });
    const answered = await client.request({
      url: new URL(url),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: utf8(form.toString()),
      signal,
    });
    if (!isTaken(answered)) throw iamFault(answered, now());
    const read = answer.safeParse(jsonIn(answered.body));
    if (read.success) return read.data;
    throw new DeliveryFault("unavailable", "what answers for IAM gave no token");
  }
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
