/**
 * Syslog (RFC 5424; RFC 3164 for receivers that know no other) over UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425).
 */
import { z } from "zod";
import { FORMS } from "../../form.ts";
import {
  DEFAULT_MAX_BYTES,
  FACILITIES,
  LOG_AUDIT,
  MAX_APP_NAME_CHARS,
  MAX_FACILITY,
  MAX_HOST_NAME_CHARS,
} from "../../syslog-message.ts";
import { MAX_DATAGRAM_BYTES } from "../../transports/datagram.ts";
import { isTlsMeant, tlsNotMeant, wireSettings } from "../../transports/wire.ts";

/** RFC 5612: for documentation. Whoever has a number of their own sets it. */
export const DOCUMENTATION_ENTERPRISE = 32_473;
/** RFC 3164, section 4.1. */
export const OLD_MAX_BYTES = 1_024;

const PRINTABLE = /^[\u0021-\u007e]+$/;
const printable = { error: "is visible ASCII without spaces" };

export const syslogSettings = z
  .strictObject({
    kind: z.literal("syslog"),
    ...wireSettings,
    format: z.enum(["rfc5424", "rfc3164"]).default("rfc5424"),
    /**
     * Of TCP and TLS. RFC 5425 knows only `octet` over TLS; there are receivers all the same that read lines from it,
     * and nothing that is sent holds a line feed.
     */
    framing: z.enum(["octet", "lf"]).default("octet"),
    facility: z.union([z.int().min(0).max(MAX_FACILITY), z.enum(FACILITIES)]).default(LOG_AUDIT),
    /** What stands in the message: words, or a line of JSON. */
    form: z.enum(["text", ...FORMS]).default("text"),
    /** Of what the log is called, where it is not given. */
    hostname: z.string().max(MAX_HOST_NAME_CHARS).regex(PRINTABLE, printable).optional(),
    app_name: z
      .string()
      .max(MAX_APP_NAME_CHARS)
      .regex(PRINTABLE, printable)
      .regex(/^[^:[\]]+$/, { error: "has no colon and no bracket" })
      .default("keytrail"),
    enterprise_number: z.int().min(0).max(4_294_967_295).default(DOCUMENTATION_ENTERPRISE),
    /** DSV's habit. Whoever reads the receiver's logs then knows the token. */
    sends_token: z.boolean().default(false),
    /** Of a message, without its frame. What is longer is sent shortened, and says so. */
    max_bytes: z.int().min(OLD_MAX_BYTES).max(MAX_DATAGRAM_BYTES).optional(),
  })
  .refine(isTlsMeant, tlsNotMeant)
  .transform((given) => ({ ...given, max_bytes: given.max_bytes ?? maxBytesOf(given) }))
  .readonly();

export type SyslogSettings = z.output<typeof syslogSettings>;

function maxBytesOf({ format, form }: { readonly format: string; readonly form: string }): number {
  return format === "rfc3164" && form === "text" ? OLD_MAX_BYTES : DEFAULT_MAX_BYTES;
}
