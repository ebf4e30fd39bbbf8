/** CEF, the Common Event Format, behind a header of syslog or bare, over UDP, TCP or TLS. */
import { z } from "zod";
import {
  DEFAULT_MAX_BYTES,
  FACILITIES,
  LOG_AUDIT,
  MAX_FACILITY,
  MAX_HOST_NAME_CHARS,
} from "../../syslog-message.ts";
import { MAX_DATAGRAM_BYTES } from "../../transports/datagram.ts";
import { isTlsMeant, tlsNotMeant, wireSettings } from "../../transports/wire.ts";

export const LEAST_MAX_BYTES = 2_048;

export const cefSettings = z
  .strictObject({
    kind: z.literal("cef"),
    ...wireSettings,
    /** What ArcSight's connectors, and the agents of Sentinel behind syslog, take: the old one. */
    header: z.enum(["rfc3164", "rfc5424", "none"]).default("rfc3164"),
    /** Of TCP and TLS. CEF is one line, and its receivers read lines. */
    framing: z.enum(["lf", "octet"]).default("lf"),
    facility: z.union([z.int().min(0).max(MAX_FACILITY), z.enum(FACILITIES)]).default(LOG_AUDIT),
    /** Of what the log is called, where it is not given. */
    hostname: z
      .string()
      .max(MAX_HOST_NAME_CHARS)
      .regex(/^[\u0021-\u007e]+$/, { error: "is visible ASCII without spaces" })
      .optional(),
    /** DSV's habit, as the field `token`. Whoever reads the receiver's logs then knows it. */
    sends_token: z.boolean().default(false),
    /** Of a message, without its frame. What is longer is sent with its values shortened. */
    max_bytes: z.int().min(LEAST_MAX_BYTES).max(MAX_DATAGRAM_BYTES).default(DEFAULT_MAX_BYTES),
  })
  .refine(isTlsMeant, tlsNotMeant)
  .readonly();

export type CefSettings = z.output<typeof cefSettings>;
