/** Headers that settings may name, and what may stand in them. RFC 9110, sections 5.1 and 5.5. */
import { z } from "zod";
import { DeliveryFault } from "../fault.ts";

export const MAX_HEADER_NAME_CHARS = 128;

/** What the connection, the body and the deliveries themselves need for their own. */
const OURS: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export const headerName = z
  .string()
  .max(MAX_HEADER_NAME_CHARS)
  .regex(TOKEN, { error: "is the name of a header" })
  .refine((name) => !OURS.has(name.toLowerCase()), {
    error: "is a header that deliveries set by themselves",
  });

/** Throws a DeliveryFault `denied` that names the credential. */
export function headerValue(credential: string, value: string): string {
  if (/^[\x20-\x7e]+$/.test(value) && value === value.trim()) return value;
  throw new DeliveryFault("denied", `the credential ${credential} cannot stand in a header`);
}

/** Throws a DeliveryFault `denied` that names it. */
export function credentialOf(credentials: Readonly<Record<string, string>>, name: string): string {
  const value = Object.hasOwn(credentials, name) ? credentials[name] : undefined;
  if (value !== undefined && value !== "") return value;
  throw new DeliveryFault("denied", `the credential ${name} is missing`);
}
