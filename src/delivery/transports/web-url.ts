/** The URL of a receiver, as settings have it. */
import { z } from "zod";

export const MAX_URL_CHARS = 2_048;

/** Parsers of URLs forgive more (`https:/host`, a line feed): people, and other parsers, then read another server. */
const WRITTEN_OUT = /^https?:\/\/[^/\\]/i;
const MEANINGLESS = /[\\\s\p{Cc}]/u;

/** A user and a password in it would be no settings but credentials; a fragment is never sent. */
export const webUrl = z.string().max(MAX_URL_CHARS).refine(isWebUrl, {
  error: "is a URL of https or http, without a user, a password or a fragment",
});

export function isWebUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !WRITTEN_OUT.test(text) || MEANINGLESS.test(text)) return false;
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  return isWeb && url.username === "" && url.password === "" && !text.includes("#");
}

/** A path below the URL's own; what the URL asks for besides (its query) is kept. */
export function below(
  url: string,
  path: string,
  query: Readonly<Record<string, string>> = {},
): URL {
  const whole = new URL(url);
  whole.pathname = `${whole.pathname.replace(/\/+$/, "")}${path}`;
  for (const [name, value] of Object.entries(query)) whole.searchParams.set(name, value);
  return whole;
}
