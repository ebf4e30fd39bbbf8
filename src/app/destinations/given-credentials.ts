/** What callers give us to be known by to a receiver: which of it a sink takes, and when it has to be given anew. */
import { createPrivateKey } from "node:crypto";
import type { CheckedSink, CredentialRule } from "../../delivery/sink.ts";
import { CLIENT_KEY } from "../../delivery/transports/tls.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";

export const MAX_CREDENTIALS = 20;
export const MAX_CREDENTIAL_CHARS = 4_096;
/** Of a private key in PEM. */
export const MAX_KEY_CHARS = 16 * 1_024;

/** By their names; null takes one away. */
export type GivenCredentials = Readonly<Record<string, Sensitive<string> | null>>;

const ANY_HEADER = "header:";
/** RFC 9110, section 5.6.2. */
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** They say where a request ends, or are the client's own to set. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Names that the sink takes, and values that can stand where they go. `also`: what a wire keeps with every one. */
export function assertCredentials(
  given: GivenCredentials,
  { credentials: rules }: CheckedSink,
  also: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(given)) {
    if (!also.includes(name) && !isTaken(name, rules)) {
      const names = rules.map((rule) => rule.name).join(", ") || "none";
      throw bad("credentials", `The credentials of this destination are: ${names}.`);
    }
    if (value !== null) assertValue(name, value.reveal());
  }
}

/** Once all there are is known. */
export function assertComplete(names: readonly string[], { credentials }: CheckedSink): void {
  if (names.length > MAX_CREDENTIALS) {
    throw bad("credentials", `A destination has at most ${MAX_CREDENTIALS} credentials.`);
  }
  for (const { name, isRequired } of credentials) {
    const isThere = name === ANY_HEADER || names.includes(name);
    if (isRequired && !isThere) {
      throw bad(`credentials.${name}`, `The credential ${name} is missing.`);
    }
  }
}

export function isTaken(name: string, rules: readonly CredentialRule[]): boolean {
  if (name.startsWith(ANY_HEADER) && !isHeader(name)) return false;
  return rules.some((rule) =>
    rule.name === ANY_HEADER ? name.startsWith(ANY_HEADER) : rule.name === name,
  );
}

function isHeader(name: string): boolean {
  const header = name.slice(ANY_HEADER.length);
  return HEADER.test(header) && !OWN_HEADERS.has(header.toLowerCase());
}

function assertValue(name: string, value: string): void {
  const field = `credentials.${name}`;
  if (name === CLIENT_KEY) {
    if (value.length <= MAX_KEY_CHARS && isPrivateKey(value)) return;
    throw bad(field, `The ${name} is a private key in PEM, without a passphrase.`);
  }
  if (value === "" || value.length > MAX_CREDENTIAL_CHARS) {
    throw bad(field, `The credential has 1 to ${MAX_CREDENTIAL_CHARS} characters.`);
  }
  // They stand in headers, and in lines of text.
  if (name === "token" || name.startsWith(ANY_HEADER)) {
    if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return;
    throw bad(field, "The credential has printable characters of ASCII only.");
  }
  if (/[\p{Cc}\p{Cs}]/u.test(value)) {
    throw bad(field, "The credential has no control characters.");
  }
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).type === "private";
  } catch {
    return false;
  }
}

type Servers = ReadonlyMap<string, string>;

/**
 * Servers that are said in the settings, however deep, by where that is: their hosts and ports, and how they are talked
 * to. Whatever would be understood as a URL is one, however it is written: `https:/host` is too.
 */
function serversOf(value: unknown, place = ""): Servers {
  if (typeof value === "string") {
    const { protocol, origin } = URL.parse(value) ?? {};
    const isWeb = protocol === "https:" || protocol === "http:";
    return new Map(isWeb && origin !== undefined ? [[place, origin]] : []);
  }
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(
    Object.entries(value).flatMap(([name, member]) => [...serversOf(member, `${place}.${name}`)]),
  );
}

const PROTECTED: ReadonlySet<string> = new Set(["tls", "https"]);

/**
 * Whether credentials that are kept would come before another server, or come to it less protected. Who changes a
 * destination need not know them, and is not to have them sent elsewhere: there they are given anew.
 */
export function isElsewhere(now: CheckedSink, before: CheckedSink): boolean {
  const isMoved =
    now.address.host !== before.address.host || now.address.port !== before.address.port;
  const isBarer = PROTECTED.has(before.address.transport) && !PROTECTED.has(now.address.transport);
  const known = serversOf(before.settings);
  const isAnother = [...serversOf(now.settings)].some(
    ([place, server]) => known.get(place) !== server,
  );
  return (
    isMoved ||
    isBarer ||
    isAnother ||
    isTold(now, before) ||
    isLooser(trustsOf(now.settings), trustsOf(before.settings))
  );
}

/** Whether whoever reads what the receiver keeps would know the token from now on. */
function isTold({ settings: now }: CheckedSink, { settings: before }: CheckedSink): boolean {
  return sendsToken(now) && !sendsToken(before);
}

function sendsToken(settings: object): boolean {
  return "sends_token" in settings && settings.sends_token === true;
}

/** Whoever else could be believed to be the receiver, or one that gives out its tokens. */
function isLooser(now: Trusts, before: Trusts): boolean {
  return [...new Set([...now.keys(), ...before.keys()])].some((place) => {
    const [there, here] = [before.get(place) ?? {}, now.get(place) ?? {}];
    const isUnchecked = here.allow_self_signed === true && there.allow_self_signed !== true;
    return isUnchecked || here.ca !== there.ca || here.server_name !== there.server_name;
  });
}

interface Trust {
  readonly ca?: unknown;
  readonly server_name?: unknown;
  readonly allow_self_signed?: unknown;
}

type Trusts = ReadonlyMap<string, Trust>;

/** Every `tls` of the settings, however deep, by where it stands. */
function trustsOf(value: unknown, place = ""): Trusts {
  if (typeof value !== "object" || value === null) return new Map();
  const found = Object.entries(value).flatMap(([name, member]) =>
    name === "tls" && typeof member === "object" && member !== null
      ? [[place, member] as const]
      : [...trustsOf(member, `${place}.${name}`)],
  );
  return new Map(found);
}

function bad(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
