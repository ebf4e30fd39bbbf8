/** A bucket of an object store that speaks S3: IBM Cloud Object Storage, AWS S3, Ceph, MinIO. */
import { z } from "zod";
import { FORMS } from "../../form.ts";
import type { CredentialRule, SinkAddress } from "../../sink.ts";
import { tlsCredentials, tlsSettings } from "../../transports/tls.ts";
import { isWebUrl } from "../../transports/web-url.ts";

/** An object is written when it is this old, as long as it is not full before: IBM writes one in five minutes or so. */
export const DEFAULT_GATHER_SECONDS = 60;
export const MAX_GATHER_SECONDS = 900;

export const IAM_URL = "https://iam.cloud.ibm.com/identity/token";

/** Names of headers' values of SigV4 beside it. */
const REGION = /^[a-z0-9-]{1,64}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Without what a path makes something of: a prefix is written before the name as it is. */
const PREFIX = /^(?!\/)(?!.*\/\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))[\w/.=-]*$/;

export const bucketSettings = z
  .strictObject({
    kind: z.literal("bucket"),
    /** `s3.eu-de.cloud-object-storage.appdomain.cloud`, or a URL without a path. */
    endpoint: z
      .string()
      .max(300)
      .refine((text) => originOf(text) !== undefined, {
        error: "is a host, or a URL of https or http without a path",
      }),
    bucket: z.string().regex(BUCKET, { error: "is the name of a bucket" }),
    /** Before every object's name, `audit/` for instance. */
    prefix: z
      .string()
      .max(256)
      .regex(PREFIX, { error: "has letters, digits, -, _, =, . and / only, and begins with none" })
      .default(""),
    form: z.enum(FORMS).default("ibm"),
    gzip: z.boolean().default(false),
    /** `iam`: by an API key of IBM Cloud. `sigv4`: by an access key, as AWS has it. */
    authorization: z.enum(["iam", "sigv4"]).default("iam"),
    /** Where a token is had for the API key. */
    iam_url: z
      .string()
      .max(300)
      .refine(isTokenUrl, { error: "is a URL of https without a query" })
      .default(IAM_URL),
    /** That signatures are made for. */
    region: z.string().regex(REGION, { error: "is a region's name" }).default("us-east-1"),
    gather_seconds: z.int().min(1).max(MAX_GATHER_SECONDS).default(DEFAULT_GATHER_SECONDS),
    tls: tlsSettings.optional(),
  })
  .refine(
    ({ endpoint, authorization }) => authorization === "sigv4" || !endpoint.startsWith("http:"),
    { path: ["endpoint"], error: "is one of https: a token must not be read on its way" },
  )
  .readonly();

export type BucketSettings = z.output<typeof bucketSettings>;

export function bucketCredentials({
  authorization,
  tls,
}: BucketSettings): readonly CredentialRule[] {
  const names = authorization === "iam" ? ["api_key"] : ["access_key_id", "secret_access_key"];
  return [...names.map((name) => ({ name, isRequired: true })), ...tlsCredentials(tls)];
}

export function bucketAddress({ endpoint }: Pick<BucketSettings, "endpoint">): SinkAddress {
  const { protocol, hostname, port } = endpointUrl(endpoint);
  const transport = protocol.slice(0, -1);
  return { transport, host: hostname, port: Number(port) || (transport === "http" ? 80 : 443) };
}

/** Its origin. */
export function endpointUrl(endpoint: string): URL {
  return originOf(endpoint) ?? new URL("https://invalid");
}

function originOf(text: string): URL | undefined {
  const url = urlOf(/^https?:\/\//.test(text) ? text : `https://${text}`);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    return undefined;
  }
  const isBare = url.pathname === "/" && url.search === "" && url.hash === "";
  return isBare && !/[?#\s]/.test(text) ? url : undefined;
}

function isTokenUrl(text: string): boolean {
  const url = urlOf(text);
  return url?.protocol === "https:" && isWebUrl(text) && !text.includes("?");
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
