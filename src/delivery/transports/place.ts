/** Where a receiver is, as settings have it. */
import { isIP } from "node:net";
import { z } from "zod";

export const MAX_HOST_CHARS = 253;
export const MAX_PATH_CHARS = 2_048;

const LABEL = /^(?!-)[\w-]{1,63}(?<!-)$/;
/** What ends in a number is an address to some, however it is written (WHATWG URL, "ends in a number"). */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/i;

/** An address, of IPv6 without brackets, or a name. Which addresses are reached is decided where that happens. */
export const hostSetting = z
  .string()
  .max(MAX_HOST_CHARS)
  .refine((host) => isIP(host) !== 0 || isName(host), {
    error: "is an IP address or a host's name",
  });

export const portSetting = z.int().min(1).max(65_535);

/** Of a URL: a path, and a query if there is one. */
export const pathSetting = z
  .string()
  .max(MAX_PATH_CHARS)
  .regex(/^\/[\x21\x22\x24-\x7e]*$/, {
    error: "begins with a slash, and is visible ASCII without a fragment",
  });

export interface Place {
  readonly host: string;
  readonly port: number;
}

export function urlOf(scheme: "http" | "https", { host, port }: Place, path: string): URL {
  return new URL(`${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`);
}

function isName(host: string): boolean {
  const labels = host.split(".");
  return labels.every((label) => LABEL.test(label)) && !NUMBER.test(labels.at(-1) ?? "");
}
