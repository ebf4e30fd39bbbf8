/**
 * Requests to a certificate authority: bounded in time and in size, and never redirected. The authority is one that the
 * installation names; whatever it answers points back to itself, or is not followed.
 */
import { notUnderstood, unreachable } from "./faults.ts";

/** From the look-up of the name to the last byte of the answer. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** A chain has a few kilobytes, an order of a hundred names some dozens. */
export const MAX_ANSWER_BYTES = 256 * 1_024;
export const MAX_URL_CHARS = 2_048;

export interface AcmeRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly body?: string;
  readonly accept?: string;
}

export interface AcmeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface Terms {
  /** RFC 8555, section 6.1: who asks. */
  readonly userAgent: string;
  readonly timeoutMs: number;
  /** Whoever asks is being stopped. */
  readonly stopped: AbortSignal;
}

/** Rejects with an AcmeFault where there is no answer, or one without end. */
export async function send(request: AcmeRequest, terms: Terms): Promise<AcmeAnswer> {
  const { method, url, body, accept = "application/json" } = request;
  try {
    const response = await fetch(url, {
      method,
      headers: {
        Accept: accept,
        "User-Agent": terms.userAgent,
        ...(body === undefined ? {} : { "Content-Type": "application/jose+json" }),
      },
      ...(body === undefined ? {} : { body }),
      redirect: "manual",
      signal: AbortSignal.any([AbortSignal.timeout(terms.timeoutMs), terms.stopped]),
    });
    const { status, headers } = response;
    return { status, headers, body: await textOf(response) };
  } catch (cause) {
    throw unreachable(cause);
  }
}

/** An address that an answer names, of the authority itself: what is signed for it goes to nobody else. */
export function addressWithin(authority: URL, text: string | null | undefined): URL {
  const url = text && text.length <= MAX_URL_CHARS ? URL.parse(text, authority) : null;
  if (url?.origin !== authority.origin) throw notUnderstood("an address that is not its own");
  return url;
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new Error("the answer does not end");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
