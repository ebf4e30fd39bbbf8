/**
 * Signed requests to one authority (RFC 8555, section 6): its directory, its nonces, and under which URL it knows each
 * account.
 */
import { z } from "zod";
import type { AcmeAccount, AcmeFault } from "../app/secrets/acme.ts";
import type { Clock, Millis } from "../kernel/clock.ts";
import { accountKeyOf, type AccountKey } from "./account-key.ts";
import { faultOf, notUnderstood } from "./faults.ts";
import { addressWithin, send, type AcmeAnswer, type Terms } from "./requests.ts";

/** What an authority publishes of itself is asked for again after this. */
export const DIRECTORY_LIFETIME_MS = 3_600_000;
export const MAX_KNOWN_ACCOUNTS = 100;
export const MAX_NONCES = 10;
/** A nonce may have grown old: the refusal of one brings another. */
export const MAX_TRIES = 4;

const directorySchema = z.object({
  newNonce: z.string(),
  newAccount: z.string(),
  newOrder: z.string(),
});

interface Directory {
  readonly since: Millis;
  readonly newNonce: URL;
  readonly newAccount: URL;
  readonly newOrder: URL;
}

/** Somebody whom the authority knows. */
export interface KnownAccount {
  readonly key: AccountKey;
  readonly url: string;
}

interface ToSign {
  readonly url: URL;
  /** JSON; left out, it is only asked for (section 6.3). */
  readonly payload?: object;
  readonly accept?: string;
}

export class AcmeSession {
  readonly #authority: URL;
  readonly #terms: Terms;
  readonly #clock: Clock;
  #directory: Directory | undefined;
  /** The newest last: it is the one that is believed for longest. */
  readonly #nonces: string[] = [];
  /** URLs by thumbprints; insertion order is the order of asking. */
  readonly #accounts = new Map<string, string>();

  constructor(authority: URL, terms: Terms, clock: Clock) {
    this.#authority = authority;
    this.#terms = terms;
    this.#clock = clock;
  }

  within(text: string | null | undefined): URL {
    return addressWithin(this.#authority, text);
  }

  async newOrderUrl(): Promise<URL> {
    return (await this.#directoryNow()).newOrder;
  }

  /** Throws the fault `accountDoesNotExist` for a key that nobody has registered: none is registered here. */
  async account({ key: pem }: AcmeAccount): Promise<KnownAccount> {
    const key = await accountKeyOf(pem);
    const known = this.#accounts.get(key.thumbprint);
    if (known !== undefined) return { key, url: known };
    const { newAccount } = await this.#directoryNow();
    const asked = { url: newAccount, payload: { onlyReturnExisting: true } };
    const answer = await this.#signed(asked, key, { jwk: key.jwk });
    const url = this.within(answer.headers.get("location")).href;
    this.#accounts.set(key.thumbprint, url);
    if (this.#accounts.size > MAX_KNOWN_ACCOUNTS) {
      const [oldest] = this.#accounts.keys();
      if (oldest !== undefined) this.#accounts.delete(oldest);
    }
    return { key, url };
  }

  /** Resolves to a success; rejects with the fault of any other answer. */
  async post(account: KnownAccount, asked: ToSign): Promise<AcmeAnswer> {
    try {
      return await this.#signed(asked, account.key, { kid: account.url });
    } catch (error) {
      // It may have been removed, and be registered again.
      const { code } = error as Partial<AcmeFault>;
      if (code === "accountDoesNotExist") this.#accounts.delete(account.key.thumbprint);
      throw error;
    }
  }

  async #signed(asked: ToSign, key: AccountKey, who: object): Promise<AcmeAnswer> {
    const { url, payload, accept } = asked;
    for (let tries = 1; ; tries++) {
      const header = { ...who, nonce: await this.#nonce(), url: url.href };
      const text = payload === undefined ? "" : JSON.stringify(payload);
      const body = JSON.stringify(await key.sign(text, header));
      const answer = await this.#send({
        method: "POST",
        url,
        body,
        ...(accept === undefined ? {} : { accept }),
      });
      if (answer.status >= 200 && answer.status < 300) return answer;
      const fault = faultOf(answer);
      if (fault.code !== "badNonce" || tries >= MAX_TRIES) throw fault;
    }
  }

  async #nonce(): Promise<string> {
    const held = this.#nonces.pop();
    if (held !== undefined) return held;
    const { newNonce } = await this.#directoryNow();
    await this.#send({ method: "HEAD", url: newNonce });
    const fresh = this.#nonces.pop();
    if (fresh === undefined) throw notUnderstood("without a nonce");
    return fresh;
  }

  /** Every answer brings a nonce (section 6.5). */
  async #send(request: Parameters<typeof send>[0]): Promise<AcmeAnswer> {
    const answer = await send(request, this.#terms);
    const nonce = answer.headers.get("replay-nonce") ?? "";
    if (/^[A-Za-z0-9_-]{1,256}$/.test(nonce)) {
      this.#nonces.push(nonce);
      if (this.#nonces.length > MAX_NONCES) this.#nonces.shift();
    }
    return answer;
  }

  async #directoryNow(): Promise<Directory> {
    const now = this.#clock.now();
    const known = this.#directory;
    if (known && Math.abs(now - known.since) < DIRECTORY_LIFETIME_MS) return known;
    const answer = await send({ method: "GET", url: this.#authority }, this.#terms);
    if (answer.status !== 200) throw faultOf(answer);
    const read = readAnswer(answer, directorySchema, "no directory");
    this.#directory = {
      since: now,
      newNonce: this.within(read.newNonce),
      newAccount: this.within(read.newAccount),
      newOrder: this.within(read.newOrder),
    };
    return this.#directory;
  }
}

/** Reads a body of JSON by its schema. Throws the fault of an answer that nobody understands. */
export function readAnswer<Value>(
  answer: AcmeAnswer,
  schema: z.ZodType<Value>,
  otherwise: string,
): Value {
  let value: unknown;
  try {
    value = JSON.parse(answer.body);
  } catch {
    throw notUnderstood(otherwise);
  }
  const read = schema.safeParse(value);
  if (!read.success) throw notUnderstood(otherwise);
  return read.data;
}
