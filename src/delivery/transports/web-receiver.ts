/** What may be said of a receiver that takes requests over HTTP: where it is, who asks, what the requests bear. */
import { z } from "zod";
import type { CredentialRule, SinkAddress } from "../sink.ts";
import { authorizationCredentials, authorizationSettings } from "./authorization.ts";
import { bareHost } from "./address-guard.ts";
import { headerName } from "./headers.ts";
import { HMAC_KEY, signatureSettings } from "./signature.ts";
import { tlsCredentials, tlsSettings } from "./tls.ts";
import { webUrl } from "./web-url.ts";

export const MAX_HEADERS = 20;

/** The members that the settings of every such sink have. */
export const webReceiver = {
  url: webUrl,
  /** Not by itself: who does not know gzip may take what it cannot read, and say 200. */
  gzip: z.boolean().default(false),
  /** Further headers by their names; what stands in them are the credentials `header:NAME`. */
  headers: z.array(headerName).max(MAX_HEADERS).readonly().default([]),
  authorization: authorizationSettings.default({ kind: "none" }),
  signature: signatureSettings.optional(),
  tls: tlsSettings.optional(),
} as const;

const receiverSettings = z.object(webReceiver).readonly();

export type WebReceiver = z.output<typeof receiverSettings>;

export const HEADER_PREFIX = "header:";

export function webCredentials(settings: WebReceiver): readonly CredentialRule[] {
  const { headers, authorization, signature, tls } = settings;
  return [
    ...authorizationCredentials(authorization),
    ...headers.map((name) => ({ name: `${HEADER_PREFIX}${name}`, isRequired: true })),
    ...(signature === undefined ? [] : [{ name: HMAC_KEY, isRequired: true }]),
    ...tlsCredentials(tls),
  ];
}

/** Without the path and the query, which may hold what only the receiver is to know. */
export function webAddress({ url }: Pick<WebReceiver, "url">): SinkAddress {
  const { protocol, hostname, port } = new URL(url);
  const transport = protocol === "https:" ? "https" : "http";
  return {
    transport,
    host: bareHost(hostname),
    port: port === "" ? DEFAULT_PORTS[transport] : Number(port),
  };
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
