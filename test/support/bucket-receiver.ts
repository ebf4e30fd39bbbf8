/**
 * An object store on loopback that looks at what it is sent: signatures of AWS (Signature Version 4, computed here once
 * more from what has arrived), tokens of its own IAM, MD5 and SHA-256 of the bodies. Answers in the words of S3.
 */
import { createHash, createHmac } from "node:crypto";
import { HttpReceiver, type Received, type ReceiverOptions, type Reply } from "./http-receiver.ts";

export const BUCKET = "audit-trail";
export const REGION = "eu-de";
export const ACCESS_KEY = { id: "AKIDEXAMPLE4711", secret: "hidden/secret+4711" };
export const API_KEY = "hidden-api-key-4711";

/** What is to go wrong next: an answer in place of what is true, after the object has been kept or before. */
export interface Mishap {
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isKept?: true;
}

export class BucketReceiver {
  /** By their keys. */
  readonly objects = new Map<string, Buffer>();
  /** Keys, in the order in which they were written; those that were written again too. */
  readonly written: string[] = [];
  readonly mishaps: (Mishap | "silence" | "reset")[] = [];
  /** As a bucket under retention has it: what is there stays as it is. */
  isRetaining = false;
  tokensGiven = 0;
  /** Tokens that are good. */
  readonly #tokens = new Set<string>();
  #receiver: HttpReceiver | undefined;

  static async start(options: ReceiverOptions = {}): Promise<BucketReceiver> {
    const store = new BucketReceiver();
    store.#receiver = await HttpReceiver.start((request) => store.#reply(request), options);
    return store;
  }

  get port(): number {
    return this.#receiver?.port ?? 0;
  }

  get requests(): readonly Received[] {
    return this.#receiver?.requests ?? [];
  }

  /** Every line of every object, in the order of the keys. */
  lines(): readonly string[] {
    return [...this.objects.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, content]) => content.toString("utf8").split("\n").slice(0, -1));
  }

  /** They were good until now. */
  revokeTokens(): void {
    this.#tokens.clear();
  }

  close(): Promise<void> {
    return this.#receiver?.close() ?? Promise.resolve();
  }

  #reply(request: Received): Reply | "silence" | "reset" {
    if (request.path === "/identity/token") return this.#token(request);
    const problem = this.#problemOf(request);
    if (problem) return refused(problem);
    const [, bucket = "", ...parts] = new URL(request.path, "http://x").pathname.split("/");
    if (decodeURIComponent(bucket) !== BUCKET)
      return refused({ status: 404, code: "NoSuchBucket" });
    const key = parts.map(decodeURIComponent).join("/");
    if (request.method === "GET") return this.#object(key);
    const mishap = this.mishaps.shift();
    if (mishap === "silence" || mishap === "reset") return mishap;
    if (mishap && !mishap.isKept) return refused(mishap);
    if (this.isRetaining && this.objects.has(key)) {
      return refused({ status: 403, code: "AccessDenied" });
    }
    this.objects.set(key, request.body);
    this.written.push(key);
    return mishap ? refused(mishap) : { status: 200, headers: { etag: `"${md5(request.body)}"` } };
  }

  #object(key: string): Reply {
    const body = this.objects.get(key);
    return body ? { status: 200, body } : refused({ status: 404, code: "NoSuchKey" });
  }

  #token({ body }: Received): Reply {
    const form = new URLSearchParams(body.toString("utf8"));
    const isGood =
      form.get("grant_type") === "urn:ibm:params:oauth:grant-type:apikey" &&
      form.get("apikey") === API_KEY;
    if (!isGood) return { status: 400, body: JSON.stringify({ errorCode: "BXNIM0415E" }) };
    const token = `token-${(this.tokensGiven += 1)}`;
    this.#tokens.add(token);
    return { status: 200, body: JSON.stringify({ access_token: token, expires_in: 3_600 }) };
  }

  #problemOf(request: Received): Mishap | undefined {
    const { headers, body } = request;
    const given = headers["content-md5"];
    const expected = createHash("md5").update(body).digest("base64");
    if (given !== undefined && given !== expected) return { status: 400, code: "BadDigest" };
    const authorization = headers.authorization ?? "";
    if (!authorization.startsWith("Bearer ")) return signatureProblem(request, authorization);
    const isKnown = this.#tokens.has(authorization.slice("Bearer ".length));
    return isKnown ? undefined : { status: 401, code: "AccessDenied" };
  }
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([\w-]+)\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/;

function signatureProblem(request: Received, authorization: string): Mishap | undefined {
  const [, id, day = "", region = "", list = "", signature] =
    AUTHORIZATION.exec(authorization) ?? [];
  if (id !== ACCESS_KEY.id) return { status: 403, code: "InvalidAccessKeyId" };
  if (region !== REGION) return { status: 400, code: "AuthorizationHeaderMalformed" };
  const { headers, method, path, body } = request;
  const payload = String(headers["x-amz-content-sha256"]);
  const sha = createHash("sha256").update(body).digest("hex");
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== sha) {
    return { status: 400, code: "XAmzContentSHA256Mismatch" };
  }
  const names = list.split(";");
  if (!names.includes("host")) return { status: 403, code: "SignatureDoesNotMatch" };
  const [uri = "", query = ""] = path.split("?");
  const canonical = [
    method,
    uri,
    query.split("&").toSorted().join("&"),
    ...names.map((name) => `${name}:${String(headers[name] ?? "").trim()}`),
    "",
    list,
    payload,
  ].join("\n");
  const text = [
    "AWS4-HMAC-SHA256",
    headers["x-amz-date"],
    `${day}/${region}/s3/aws4_request`,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const key = hmac(hmac(hmac(hmac(`AWS4${ACCESS_KEY.secret}`, day), region), "s3"), "aws4_request");
  const isRight = hmac(key, text).toString("hex") === signature;
  return isRight ? undefined : { status: 403, code: "SignatureDoesNotMatch" };
}

function refused({ status, code, headers = {} }: Mishap): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>hidden-4711</Message></Error>`;
  return { status, headers: { "content-type": "application/xml", ...headers }, body };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
