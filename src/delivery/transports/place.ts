/** The URL of a receiver whose settings name its host, its port and its path apart. */
import { z } from "zod";
import { bareHost } from "./address-guard.ts";

export const MAX_PATH_CHARS = 2_048;

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
  const bare = bareHost(host);
  return new URL(`${scheme}://${bare.includes(":") ? `[${bare}]` : bare}:${port}${path}`);
}
