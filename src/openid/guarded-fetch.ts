/**
 * Requests to servers that an administrator named: bounded in time and size, never redirected, and never to an address
 * that only this machine or its network's own machinery answers at.
 */
import { lookup as resolve } from "node:dns";
import { request as requestPlain, type IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";
import type { CustomFetchOptions } from "openid-client";
import { NOBODYS_RANGES } from "../identity/addresses.ts";

/** From the look-up of the name to the last byte of the answer. */
export const REQUEST_TIMEOUT_MS = 5_000;
/** Documents, key sets and tokens of real providers have a few kilobytes. */
export const MAX_ANSWER_BYTES = 256 * 1_024;

/** The other side cannot be reached, does not answer in time, or answers without end. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** Fetch Standard, "null body status". */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

const loopback = rangesOf(["127.0.0.0/8", "::1/128"]);
const forbidden = rangesOf(NOBODYS_RANGES);

export interface Reach {
  /** Whether loopback addresses, and only those, are reached: a provider under development. */
  readonly isLoopback: boolean;
}

/** A fetch for openid-client. Rejects with Unreachable, or with what an AbortSignal says. */
export function guardedFetch(
  reach: Reach,
): (url: string, options: CustomFetchOptions) => Promise<Response> {
  return async (url, options) => {
    const target = new URL(url);
    const host = target.hostname.replaceAll(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && !isReachable(host, reach)) throw notAllowed();
    const incoming = await send(target, options, reach);
    const body = await bodyOf(incoming);
    const status = incoming.statusCode ?? 0;
    if (status < 200 || status > 599) throw new Unreachable("no status of HTTP");
    return new Response(BODILESS.has(status) ? null : body, {
      status,
      headers: Object.entries(incoming.headersDistinct).flatMap(([name, values]) =>
        (values ?? []).map((value): [string, string] => [name, value]),
      ),
    });
  };
}

/** Whether requests to this address leave at all. */
export function isReachable(address: string, { isLoopback }: Reach): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (isIP(plain) === 0) return false;
  const family = isIPv6(plain) ? "ipv6" : "ipv4";
  if (loopback.check(plain, family)) return isLoopback;
  return !isLoopback && !forbidden.check(plain, family);
}

function send(
  url: URL,
  { method, headers, body, signal }: CustomFetchOptions,
  reach: Reach,
): Promise<IncomingMessage> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const request = url.protocol === "https:" ? requestTls : requestPlain;
  return new Promise((fulfil, reject) => {
    const outgoing = request(url, {
      method,
      headers,
      agent: false,
      lookup: lookupWithin(reach),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    outgoing.once("response", fulfil);
    outgoing.once("error", (cause) => reject(new Unreachable("no answer", { cause })));
    // The library sends forms only: whatever else it may be is no body of ours.
    outgoing.end(body instanceof URLSearchParams ? body.toString() : undefined);
  });
}

/** The addresses are looked at where the connection is made, so that a name cannot mean another one by then. */
function lookupWithin(reach: Reach): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const within = addresses.filter(({ address }) => isReachable(address, reach));
      const [first] = within;
      if (!first) return callback(notAllowed(), []);
      if (options.all) return callback(null, within);
      return callback(null, first.address, first.family);
    });
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_ANSWER_BYTES) throw new Unreachable("the answer does not end");
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof Unreachable) throw cause;
    throw new Unreachable("the answer broke off", { cause });
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function notAllowed(): Unreachable {
  return new Unreachable("its address is none that requests leave for");
}

function rangesOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix = ""] = range.split("/");
    list.addSubnet(address, Number(prefix), isIPv6(address) ? "ipv6" : "ipv4");
  }
  return list;
}
