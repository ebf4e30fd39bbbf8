/**
 * AWS Signature Version 4: what of a request is signed, and by which key ("Create a signed AWS API request", AWS IAM user
 * guide). Pure: no clock, no store.
 */
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import type { Sensitive } from "../../../kernel/sensitive.ts";

export const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATOR = "aws4_request";
/** The signature of a URL is no part of what it signs. */
const SIGNATURE_PARAMETER = "X-Amz-Signature";

/** Days, regions and services that a key's derivations are held for; beyond, they are made anew. */
export const MAX_HELD_SIGNING_KEYS = 16;

/** `20261121/us-east-1/secretsmanager/aws4_request` */
export interface Scope {
  /** `20261121` */
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

export interface Signature {
  readonly accessKeyId: string;
  readonly scope: Scope;
  /** `20261121T093107Z` */
  readonly moment: string;
  /** In lower case, as they were listed. */
  readonly signedHeaders: readonly string[];
  /** Lower-case hex. */
  readonly signature: string;
}

/** The parts of a request that are signed. */
export interface SignedParts {
  readonly method: string;
  /** As it stood in the request line, without the query. */
  readonly path: string;
  /** As it stood in the request line, without the question mark. */
  readonly query: string;
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
}

const CREDENTIAL = /^([^/]{1,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request$/;

/** The credential of a signature, or undefined where it is of another form. */
export function credentialIn(
  text: string,
): { readonly accessKeyId: string; readonly scope: Scope } | undefined {
  const match = CREDENTIAL.exec(text);
  if (!match) return undefined;
  const [, accessKeyId = "", day = "", region = "", service = ""] = match;
  return { accessKeyId, scope: { day, region, service } };
}

export function scopeText({ day, region, service }: Scope): string {
  return `${day}/${region}/${service}/${TERMINATOR}`;
}

/** Whether this is the signature that the secret makes of these parts; compared in constant time. */
export function isSignature(
  { signature, scope, moment, signedHeaders }: Signature,
  parts: SignedParts,
  key: Uint8Array,
): boolean {
  const canonical = canonicalRequest(parts, signedHeaders);
  const text = `${ALGORITHM}\n${moment}\n${scopeText(scope)}\n${hash("sha256", canonical)}`;
  const expected = createHmac("sha256", key).update(text).digest();
  const offered = Buffer.from(signature, "hex");
  return offered.length === expected.length && timingSafeEqual(offered, expected);
}

/** The signing keys that were made of a secret; held no longer than the secret is. */
export class SigningKeys {
  readonly #held = new WeakMap<object, Map<string, Uint8Array>>();

  /** `holder` is the same as long as the secret is. */
  get(secret: Sensitive<string>, holder: object, scope: Scope): Uint8Array {
    let keys = this.#held.get(holder);
    if (!keys) this.#held.set(holder, (keys = new Map<string, Uint8Array>()));
    const name = scopeText(scope);
    const held = keys.get(name);
    if (held) return held;
    if (keys.size >= MAX_HELD_SIGNING_KEYS) keys.clear();
    const made = signingKey(secret, scope);
    keys.set(name, made);
    return made;
  }
}

export function signingKey(secret: Sensitive<string>, { day, region, service }: Scope): Uint8Array {
  return [day, region, service, TERMINATOR].reduce<Uint8Array>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    Buffer.from(`AWS4${secret.reveal()}`, "utf8"),
  );
}

export function canonicalRequest(parts: SignedParts, signedHeaders: readonly string[]): string {
  let headers = "";
  for (const name of signedHeaders) {
    headers += `${name}:${canonicalValue(parts.header(name) ?? "")}\n`;
  }
  const payload = hash("sha256", parts.body);
  return `${parts.method}\n${canonicalPath(parts.path)}\n${canonicalQuery(parts.query)}\n${headers}\n${signedHeaders.join(";")}\n${payload}`;
}

/** Trimmed, with runs of spaces as one. */
function canonicalValue(value: string): string {
  return value.includes("  ") ? value.trim().replaceAll(/ +/g, " ") : value.trim();
}

/** Encoded once more than it was sent: what every service but S3 expects. */
function canonicalPath(path: string): string {
  return path === "/" ? path : path.split("/").map(encode).join("/");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  return query
    .split("&")
    .map((pair) => {
      const at = pair.indexOf("=");
      const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
      return [encodedOnce(name), encodedOnce(value)] as const;
    })
    .filter(([name]) => name !== SIGNATURE_PARAMETER)
    .toSorted(byNameThenValue)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

type Pair = readonly [name: string, value: string];

/** By the bytes of what is encoded, which is ASCII. */
function byNameThenValue([name, value]: Pair, [otherName, otherValue]: Pair): number {
  if (name !== otherName) return name < otherName ? -1 : 1;
  if (value === otherValue) return 0;
  return value < otherValue ? -1 : 1;
}

/** RFC 3986, section 2.3: all but the unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What is no valid encoding stays as it was sent, so that it is signed as nothing else could be. */
function encodedOnce(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return text;
  }
  return encode(decoded);
}
