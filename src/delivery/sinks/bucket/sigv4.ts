/**
 * AWS Signature Version 4 of a request to S3 ("Authenticating Requests: Using the Authorization Header", Amazon S3 API
 * reference): all its headers are signed, and what it brings. Pure.
 */
import { createHash, createHmac } from "node:crypto";
import type { Millis } from "../../../kernel/clock.ts";
import { toRfc3339 } from "../../../kernel/clock.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  readonly region: string;
}

export interface Unsigned {
  readonly method: string;
  /** Encoded as it is sent: S3 signs the path as it stands. No query. */
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The headers with those that say who sends it. */
export function signed(
  { method, url, headers, body }: Unsigned,
  key: AccessKey,
  now: Millis,
): Readonly<Record<string, string>> {
  const moment = toRfc3339(now).replaceAll(/[-:]|\.\d+/g, "");
  const payload = createHash("sha256").update(body).digest("hex");
  const sent = { ...headers, "x-amz-content-sha256": payload, "x-amz-date": moment };
  const all: Readonly<Record<string, string>> = { ...sent, host: url.host };
  const names = Object.keys(all).toSorted();
  const lines = names.map((name) => `${name}:${(all[name] ?? "").trim().replaceAll(/ +/g, " ")}\n`);
  const list = names.join(";");
  const canonical = `${method}\n${url.pathname}\n\n${lines.join("")}\n${list}\n${payload}`;
  const parts = [moment.slice(0, 8), key.region, "s3", "aws4_request"];
  const scope = parts.join("/");
  const text = `${ALGORITHM}\n${moment}\n${scope}\n${createHash("sha256").update(canonical).digest("hex")}`;
  const signingKey = parts.reduce<Uint8Array>(hmac, Buffer.from(`AWS4${key.secret}`, "utf8"));
  const signature = Buffer.from(hmac(signingKey, text)).toString("hex");
  const authorization = `${ALGORITHM} Credential=${key.id}/${scope}, SignedHeaders=${list}, Signature=${signature}`;
  return { ...sent, authorization };
}

/** A path of S3's: RFC 3986, section 2.3, all but the unreserved characters of each part. */
export function encodedPath(path: string): string {
  return path
    .split("/")
    .map((part) =>
      encodeURIComponent(part).replaceAll(
        /[!'()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join("/");
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return createHmac("sha256", key).update(text).digest();
}
