/**
 * Events as objects of JSON: one a datagram, one a line of a stream, or in the bodies of requests. These are the four
 * transports of DSV's endpoints of the type `json`.
 */
import { z } from "zod";
import { FORMS } from "../../form.ts";
import type { BatchLimits, CredentialRule } from "../../sink.ts";
import { pathSetting } from "../../transports/place.ts";
import { confirmation } from "../../transports/stream.ts";
import { tlsCredentials, tlsSettings } from "../../transports/tls.ts";
import { MAX_DATAGRAMS_PER_SECOND, wireLimits, wireSettings } from "../../transports/wire.ts";

/** Said where nothing is. */
export const DATAGRAMS_PER_SECOND = 2_000;
const MAX_EVENTS_IN_BODY = 500;
const MAX_BODY_BYTES = 1024 * 1024;

const everywhere = {
  kind: z.literal("json"),
  host: wireSettings.host,
  port: wireSettings.port,
  form: z.enum(FORMS).default("dsv"),
} as const;

const requests = {
  ...everywhere,
  path: pathSetting.default("/"),
  /** `single` is DSV's way, and waits for each answer: whoever has many events takes another one. */
  batch: z.enum(["single", "array", "ndjson"]).default("single"),
  /** What precedes the token in the header `Authorization`: `Splunk`, say, or nothing at all. */
  authorization: z
    .string()
    .max(64)
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/, { error: "is one word, or empty" })
    .default("Bearer"),
} as const;

const byTransport = z.discriminatedUnion("transport", [
  z
    .strictObject({
      ...everywhere,
      transport: z.literal("udp"),
      datagrams_per_second: z
        .int()
        .min(1)
        .max(MAX_DATAGRAMS_PER_SECOND)
        .default(DATAGRAMS_PER_SECOND),
    })
    .readonly(),
  z.strictObject({ ...everywhere, transport: z.literal("tcp"), confirm: confirmation }).readonly(),
  z.strictObject({ ...requests, transport: z.literal("http") }).readonly(),
  z
    .strictObject({ ...requests, transport: z.literal("https"), tls: tlsSettings.optional() })
    .readonly(),
]);

export type JsonSettings = z.output<typeof byTransport>;
const TRANSPORTS_OF: Readonly<Record<string, readonly string[]>> = {
  path: ["http", "https"],
  batch: ["http", "https"],
  authorization: ["http", "https"],
  tls: ["https"],
  confirm: ["tcp"],
  datagrams_per_second: ["udp"],
};

/** What is said of another transport is named: whoever says something of TLS believes that there is TLS. */
export const jsonSettings = z
  .looseObject({ transport: z.enum(["udp", "tcp", "http", "https"]) })
  .superRefine((given, context) => {
    for (const [name, transports] of Object.entries(TRANSPORTS_OF)) {
      if (!Object.hasOwn(given, name) || transports.includes(given.transport)) continue;
      const message = `is for the transport ${transports.join(" or ")} only`;
      context.addIssue({ code: "custom", path: [name], message });
    }
  })
  .pipe(byTransport);

export type JsonRequests = Extract<JsonSettings, { transport: "http" | "https" }>;
export type JsonWire = Extract<JsonSettings, { transport: "udp" | "tcp" }>;

export function jsonCredentials(settings: JsonSettings): readonly CredentialRule[] {
  const { transport } = settings;
  // A datagram or a line has no place for it.
  if (transport === "udp" || transport === "tcp") return [];
  const token = { name: TOKEN, isRequired: false };
  return transport === "http" ? [token] : [token, ...tlsCredentials(settings.tls)];
}

export const TOKEN = "token";

export function jsonLimits(settings: JsonSettings): BatchLimits {
  const { transport } = settings;
  if (transport === "udp" || transport === "tcp") return wireLimits(onWire(settings));
  const maxEvents = settings.batch === "single" ? 1 : MAX_EVENTS_IN_BODY;
  return { maxEvents, maxBytes: MAX_BODY_BYTES };
}

/** With what the other transport of the two is told. */
export function onWire(settings: JsonWire) {
  return { confirm: "close", datagrams_per_second: DATAGRAMS_PER_SECOND, ...settings } as const;
}
