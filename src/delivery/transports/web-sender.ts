/** Requests to one receiver, with everything that its settings ask for. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Message } from "../entry.ts";
import { DeliveryFault } from "../fault.ts";
import type { LinkPorts } from "../sink.ts";
import { authorizerOf, type Authorizer } from "./authorization.ts";
import { faultOfAnswer } from "./answers.ts";
import { credentialOf, headerValue } from "./headers.ts";
import { HttpClient, type HttpAnswer } from "./http.ts";
import { HMAC_KEY, signatureHeaders } from "./signature.ts";
import { CLIENT_KEY } from "./tls.ts";
import { HEADER_PREFIX, type WebReceiver } from "./web-receiver.ts";

export interface Posting {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Of what is sent: `batchId`. */
  readonly id: string;
}

const gzipped = promisify(gzip);

export class WebSender {
  readonly #settings: WebReceiver;
  readonly #ports: LinkPorts;
  readonly #client: HttpClient;
  readonly #authorizer: Authorizer;

  constructor(settings: WebReceiver, ports: LinkPorts) {
    this.#settings = settings;
    this.#ports = ports;
    const { guard, credentials } = ports;
    this.#client = new HttpClient({ guard, tls: settings.tls, clientKey: credentials[CLIENT_KEY] });
    this.#authorizer = authorizerOf(settings.authorization, ports);
  }

  /** Any answer, whatever its status. Throws a DeliveryFault where there is none. */
  async post({ url, headers, body, id }: Posting, signal: AbortSignal): Promise<HttpAnswer> {
    const { gzip: isZipped } = this.#settings;
    const sent = isZipped ? await gzipped(body) : body;
    const encoding = isZipped ? { "content-encoding": "gzip" } : {};
    return this.#authorized(signal, (authorization) =>
      this.#client.request({
        url,
        headers: {
          ...headers,
          ...encoding,
          ...this.#signature(id, sent),
          ...this.#ownHeaders(),
          ...authorization,
        },
        body: sent,
        signal,
      }),
    );
  }

  /**
   * Asks for nothing: that an answer comes is all there is to see, and that it is not 401. Many receivers know HEAD for
   * none of their paths, or answer 403 to it; those are reached all the same. Throws a DeliveryFault.
   */
  async reach(url: URL, signal: AbortSignal): Promise<void> {
    const answer = await this.#authorized(signal, (authorization) =>
      this.#client.request({
        url,
        method: "HEAD",
        headers: { ...this.#ownHeaders(), ...authorization },
        signal,
      }),
    );
    if (answer.status === UNAUTHORIZED) throw faultOfAnswer(answer, this.#ports.now());
  }

  close(): void {
    this.#client.close();
    this.#authorizer.close();
  }

  /** Once more where the receiver has lost faith in a token that can be had anew. */
  async #authorized(
    signal: AbortSignal,
    request: (authorization: Readonly<Record<string, string>>) => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    const answer = await request(await this.#authorizer.headers(signal));
    if (answer.status !== UNAUTHORIZED || !this.#authorizer.renew()) return answer;
    return request(await this.#authorizer.headers(signal));
  }

  #ownHeaders(): Readonly<Record<string, string>> {
    const { credentials } = this.#ports;
    return Object.fromEntries(
      this.#settings.headers.map((name) => {
        const credential = `${HEADER_PREFIX}${name}`;
        return [name, headerValue(credential, credentialOf(credentials, credential))];
      }),
    );
  }

  #signature(id: string, body: Uint8Array): Readonly<Record<string, string>> {
    const { signature } = this.#settings;
    if (signature === undefined) return {};
    const key = credentialOf(this.#ports.credentials, HMAC_KEY);
    return signatureHeaders(signature, key, { id, at: this.#ports.now(), body });
  }
}

const UNAUTHORIZED = 401;

/** The id of one event, or one for these events together: the same whenever they are sent. */
export function batchId(messages: readonly Message[]): string {
  const [only] = messages;
  if (only && messages.length === 1) return only.id;
  const hash = createHash("sha256");
  for (const { id } of messages) hash.update(id).update("\n");
  return `batch_${hash.digest("hex").slice(0, 32)}`;
}

/** The members of what a receiver has answered; nothing where it is no JSON, or was cut off. */
export function answeredJson({ body }: Pick<HttpAnswer, "body">): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Of an answer that says that the request was taken, and nothing more that can be read. */
export function unreadable(): DeliveryFault {
  return new DeliveryFault("unavailable", "the receiver's answer cannot be read");
}
