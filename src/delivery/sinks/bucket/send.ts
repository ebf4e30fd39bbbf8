/**
 * Lines gathered to objects, and objects put into the bucket: acknowledged is what the store has answered for. What is
 * sent again after a failure makes the same objects as before, as long as this link lives; after a restart of the server
 * an event may lie in two objects.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { toRfc3339 } from "../../../kernel/clock.ts";
import type { Message } from "../../entry.ts";
import type { DeliveryFault } from "../../fault.ts";
import type { Handed, Link, LinkPorts } from "../../sink.ts";
import { isTaken } from "../../transports/answers.ts";
import { HttpClient, type HttpAnswer } from "../../transports/http.ts";
import { CLIENT_KEY } from "../../transports/tls.ts";
import { endpointUrl, type BucketSettings } from "./config.ts";
import { IamToken } from "./iam-token.ts";
import { Gathered, type BucketObject } from "./objects.ts";
import { bucketFault } from "./retry.ts";
import { encodedPath, signed } from "./sigv4.ts";

const gzipped = promisify(gzip);

const UNAUTHORIZED = 401;

export class BucketLink implements Link {
  readonly #settings: BucketSettings;
  readonly #ports: LinkPorts;
  readonly #client: HttpClient;
  /** IAM is another server: it is not shown the certificate that the bucket's server is to see. */
  readonly #iamClient: HttpClient;
  readonly #token: IamToken;
  readonly #gathered = new Gathered();
  /** The last entries of objects that were begun and may not have arrived. */
  readonly #ends = new Set<number>();

  constructor(settings: BucketSettings, ports: LinkPorts) {
    const { credentials, guard, now } = ports;
    this.#settings = settings;
    this.#ports = ports;
    this.#client = new HttpClient({ guard, tls: settings.tls, clientKey: credentials[CLIENT_KEY] });
    const { ca, allow_self_signed = false } = settings.tls ?? {};
    const tls = { allow_self_signed, ...(ca === undefined ? {} : { ca }) };
    this.#iamClient = new HttpClient({ guard, tls, clientKey: undefined });
    const { iam_url: url } = settings;
    const client = this.#iamClient;
    this.#token = new IamToken({ client, url, apiKey: credentials["api_key"] ?? "", now });
  }

  /** Without messages: an empty object, to see whether objects may be written. */
  async send(messages: readonly Message[], signal: AbortSignal): Promise<Handed> {
    if (messages.length === 0) {
      const name = `keytrail-write-test/${toRfc3339(this.#ports.now())}.log`;
      await this.#put({ name, content: new Uint8Array() }, signal);
    }
    for (const message of messages) {
      this.#gathered.add(message);
      if (this.#gathered.isFull || this.#ends.has(message.index)) await this.#write(signal);
    }
    return { isAcknowledged: false, rejected: [] };
  }

  async confirm(signal: AbortSignal): Promise<void> {
    await this.#write(signal);
    this.#ends.clear();
  }

  async close(): Promise<void> {
    this.#gathered.clear();
    this.#client.close();
    this.#iamClient.close();
  }

  async #write(signal: AbortSignal): Promise<void> {
    if (this.#gathered.last < 0) return;
    this.#ends.add(this.#gathered.last);
    // What fails is gathered again: it comes again from the last thing that was acknowledged.
    for (const object of this.#gathered.take()) await this.#put(object, signal);
  }

  async #put({ name, content }: BucketObject, signal: AbortSignal): Promise<void> {
    const { gzip: isGzipped } = this.#settings;
    const body = isGzipped ? await gzipped(content) : content;
    const first = await this.#faultOf({ name, body }, signal);
    if (!first) return;
    if (first.kind !== "denied") throw first;
    // In a bucket that keeps what it has (retention, object lock) nothing takes its own place: an object whose answer was
    // lost would be refused for ever. Under another name it is there twice, and what comes after it is not kept waiting.
    const another = name.replace(/\.log$/, `_${this.#ports.now()}.log`);
    if (await this.#faultOf({ name: another, body }, signal)) throw first;
  }

  async #faultOf(
    { name, body }: { readonly name: string; readonly body: Uint8Array },
    signal: AbortSignal,
  ): Promise<DeliveryFault | undefined> {
    const { prefix, gzip: isGzipped } = this.#settings;
    const key = `${prefix}${name}${isGzipped ? ".gz" : ""}`;
    let answer = await this.#answered({ key, body }, signal);
    if (answer.status === UNAUTHORIZED && this.#settings.authorization === "iam") {
      // It may have been taken back before its end.
      this.#token.forget();
      answer = await this.#answered({ key, body }, signal);
    }
    return isTaken(answer) ? undefined : bucketFault(answer, this.#ports.now());
  }

  async #answered(
    { key, body }: { readonly key: string; readonly body: Uint8Array },
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { endpoint, bucket, gzip: isGzipped } = this.#settings;
    const url = new URL(`/${encodedPath(`${bucket}/${key}`)}`, endpointUrl(endpoint));
    const method = "PUT";
    const plain = {
      // RFC 1864: the store refuses an object that has been damaged on its way.
      "content-md5": createHash("md5").update(body).digest("base64"),
      "content-type": isGzipped ? "application/gzip" : "application/x-ndjson",
      "content-length": String(body.length),
    };
    const headers = await this.#authorized({ method, url, headers: plain, body }, signal);
    return this.#client.request({ url, method, headers, body, signal });
  }

  async #authorized(
    request: Parameters<typeof signed>[0],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    const { authorization, region } = this.#settings;
    if (authorization === "iam") {
      return { ...request.headers, authorization: `Bearer ${await this.#token.get(signal)}` };
    }
    const { access_key_id: id = "", secret_access_key: secret = "" } = this.#ports.credentials;
    return signed(request, { id, secret, region }, this.#ports.now());
  }
}
