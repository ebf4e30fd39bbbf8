/**
 * Requests to receivers over HTTP and HTTPS, on connections that are kept. Never redirected, and never to an address
 * that the guard does not allow. How long a request may take is the caller's signal.
 */
import {
  Agent as PlainAgent,
  request as requestPlain,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as TlsAgent, request as requestTls } from "node:https";
import type { AddressGuard } from "./address-guard.ts";
import { brokenOff, codeOf, networkFault } from "./network-fault.ts";
import { PLAIN_TLS, tlsOptions, type TlsSettings } from "./tls.ts";

/** Of an answer no more than this is read; what is longer is cut off. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

export interface HttpAccess {
  readonly guard: AddressGuard;
  /** For `https:`; what is true where nothing is said, when undefined. */
  readonly tls: TlsSettings | undefined;
  /** PEM, of the client's certificate. */
  readonly clientKey: string | undefined;
}

export interface HttpRequest {
  readonly url: URL;
  /** POST where nothing is said. */
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether the receiver may not have it twice: then a kept connection that has ended is a fault. */
  readonly isOnce?: boolean;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export class HttpClient {
  readonly #access: HttpAccess;
  #plain: PlainAgent | undefined;
  #secure: TlsAgent | undefined;

  constructor(access: HttpAccess) {
    this.#access = access;
  }

  /**
   * Any answer, whatever its status. Throws a DeliveryFault where there is none: `unavailable`, or `denied` for TLS that
   * is not agreed on and for addresses that are not allowed. A kept connection that turns out to have ended is replaced
   * once: the receiver may then have the request twice.
   */
  async request(asked: HttpRequest): Promise<HttpAnswer> {
    this.#access.guard.assertReachable(asked.url.hostname);
    try {
      return await this.#answered(asked);
    } catch (error) {
      if (asked.signal.aborted) throw brokenOff(asked.signal);
      if (!(error instanceof StaleConnection)) throw networkFault(error);
      if (asked.isOnce) throw networkFault(error.cause);
    }
    // One that has just failed may have been one of several that ended with it.
    this.close();
    try {
      return await this.#answered(asked);
    } catch (error) {
      if (asked.signal.aborted) throw brokenOff(asked.signal);
      throw networkFault(error instanceof StaleConnection ? error.cause : error);
    }
  }

  /** Ends every connection, and what is under way on them; the next request makes new ones. */
  close(): void {
    this.#plain?.destroy();
    this.#secure?.destroy();
    this.#plain = undefined;
    this.#secure = undefined;
  }

  async #answered(asked: HttpRequest): Promise<HttpAnswer> {
    const incoming = await responseTo(this.#begun(asked), asked.body);
    const body = await bodyOf(incoming);
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
  }

  #begun({ url, method = "POST", headers, signal }: HttpRequest): ClientRequest {
    const isTls = url.protocol === "https:";
    const options: RequestOptions = {
      method,
      headers: { "user-agent": "keytrail", ...headers },
      agent: isTls ? this.#secureAgent() : this.#plainAgent(),
      lookup: this.#access.guard.lookup,
      signal,
    };
    return isTls ? requestTls(url, options) : requestPlain(url, options);
  }

  #plainAgent(): PlainAgent {
    this.#plain ??= new PlainAgent({ keepAlive: true });
    return this.#plain;
  }

  #secureAgent(): TlsAgent {
    const { tls = PLAIN_TLS, clientKey } = this.#access;
    this.#secure ??= new TlsAgent({ keepAlive: true, ...tlsOptions(tls, clientKey) });
    return this.#secure;
  }
}

/** A connection that was kept, and that the other side had ended by the time it was used again. */
class StaleConnection extends Error {}

function responseTo(
  outgoing: ClientRequest,
  body: Uint8Array | undefined,
): Promise<IncomingMessage> {
  return new Promise((fulfil, reject) => {
    outgoing.once("response", fulfil);
    // For good: a connection may break a second time while its answer is being read.
    outgoing.on("error", (cause) => {
      const isStale = outgoing.reusedSocket && STALE.has(codeOf(cause));
      reject(isStale ? new StaleConnection("ended meanwhile", { cause }) : cause);
    });
    outgoing.end(body);
  });
}

const STALE: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/** Leaving the loop before its end destroys the answer, and the connection with it. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES);
}
