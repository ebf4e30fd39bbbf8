/**
 * How requests say whose they are: a token, a user, a header of the receiver's, or a token that is asked for by client
 * credentials (RFC 6749, section 4.4) and kept until shortly before its end.
 */
import { z } from "zod";
import type { Millis } from "../../kernel/clock.ts";
import { DeliveryFault } from "../fault.ts";
import type { CredentialRule, LinkPorts } from "../sink.ts";
import { faultOfAnswer, isTaken } from "./answers.ts";
import { credentialOf, headerName, headerValue } from "./headers.ts";
import { HttpClient } from "./http.ts";
import { PLAIN_TLS, tlsSettings } from "./tls.ts";
import { webUrl } from "./web-url.ts";

export const MAX_USER_CHARS = 256;
export const MAX_SCOPE_CHARS = 1_024;
/** A token is given up so long before its end. One that says nothing of its end is kept for this long. */
export const RENEWED_BEFORE_MS = 60_000;
export const UNSTATED_LIFE_MS = 300_000;
/** One that says that it lasts longer is asked for anew after this. */
export const MAX_LIFE_MS = 24 * 3_600_000;

const headerText = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, {
  error: "is visible ASCII",
});

export const authorizationSettings = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }).readonly(),
  /** `Authorization: Bearer` and the credential `token`. */
  z.strictObject({ kind: z.literal("bearer") }).readonly(),
  /** RFC 7617, with the credential `password`. */
  z
    .strictObject({
      kind: z.literal("basic"),
      user: z
        .string()
        .min(1)
        .max(MAX_USER_CHARS)
        .regex(/^[^:\p{Cc}]+$/u, { error: "has no colon and no control characters" }),
    })
    .readonly(),
  /** The credential `token` in that header, after the scheme if there is one: `ApiKey`, say. */
  z
    .strictObject({
      kind: z.literal("header"),
      header: headerName.default("Authorization"),
      scheme: headerText.max(64).optional(),
    })
    .readonly(),
  /** With the credential `client_secret`. */
  z
    .strictObject({
      kind: z.literal("oauth2"),
      token_url: webUrl,
      client_id: headerText.max(MAX_USER_CHARS),
      scope: headerText.max(MAX_SCOPE_CHARS).optional(),
      audience: headerText.max(MAX_SCOPE_CHARS).optional(),
      /** RFC 6749, section 2.3.1: in the body, or as a user and a password. */
      client_authentication: z.enum(["body", "basic"]).default("body"),
      tls: tlsSettings.unwrap().omit({ certificate: true }).readonly().optional(),
    })
    .readonly(),
]);

export type AuthorizationSettings = z.output<typeof authorizationSettings>;
type OAuth2Settings = Extract<AuthorizationSettings, { kind: "oauth2" }>;

const CREDENTIALS: Readonly<Record<AuthorizationSettings["kind"], readonly string[]>> = {
  none: [],
  bearer: ["token"],
  basic: ["password"],
  header: ["token"],
  oauth2: ["client_secret"],
};

export function authorizationCredentials({
  kind,
}: AuthorizationSettings): readonly CredentialRule[] {
  return CREDENTIALS[kind].map((name) => ({ name, isRequired: true }));
}

export interface Authorizer {
  /** Throws a DeliveryFault. */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** The receiver has answered 401: whether another attempt may bring something else. */
  renew(): boolean;
  close(): void;
}

export function authorizerOf(settings: AuthorizationSettings, ports: LinkPorts): Authorizer {
  return settings.kind === "oauth2"
    ? new TokenKeeper(settings, ports)
    : new FixedAuthorizer(settings, ports);
}

class FixedAuthorizer implements Authorizer {
  readonly #settings: Exclude<AuthorizationSettings, { kind: "oauth2" }>;
  readonly #credentials: LinkPorts["credentials"];

  constructor(
    settings: Exclude<AuthorizationSettings, { kind: "oauth2" }>,
    { credentials }: LinkPorts,
  ) {
    this.#settings = settings;
    this.#credentials = credentials;
  }

  async headers(): Promise<Readonly<Record<string, string>>> {
    const settings = this.#settings;
    switch (settings.kind) {
      case "none":
        return {};
      case "bearer":
        return { authorization: `Bearer ${this.#token()}` };
      case "basic":
        return { authorization: basic(settings.user, credentialOf(this.#credentials, "password")) };
      case "header":
        return {
          [settings.header]: `${settings.scheme ? `${settings.scheme} ` : ""}${this.#token()}`,
        };
    }
  }

  renew(): boolean {
    return false;
  }

  close(): void {
    // Nothing is held.
  }

  #token(): string {
    return headerValue("token", credentialOf(this.#credentials, "token"));
  }
}

interface Token {
  readonly text: string;
  readonly renewedAt: Millis;
}

class TokenKeeper implements Authorizer {
  readonly #settings: OAuth2Settings;
  readonly #ports: LinkPorts;
  readonly #client: HttpClient;
  #token: Token | undefined;

  constructor(settings: OAuth2Settings, ports: LinkPorts) {
    this.#settings = settings;
    this.#ports = ports;
    const tls = { ...PLAIN_TLS, ...settings.tls };
    this.#client = new HttpClient({ guard: ports.guard, tls, clientKey: undefined });
  }

  async headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    if (!this.#token || this.#ports.now() >= this.#token.renewedAt) {
      this.#token = await this.#asked(signal);
    }
    return { authorization: `Bearer ${this.#token.text}` };
  }

  renew(): boolean {
    this.#token = undefined;
    return true;
  }

  close(): void {
    this.#client.close();
  }

  async #asked(signal: AbortSignal): Promise<Token> {
    const { token_url: url } = this.#settings;
    const { headers, body } = this.#request();
    const answer = await this.#client.request({ url: new URL(url), headers, body, signal });
    const now = this.#ports.now();
    if (!isTaken(answer)) throw tokenFault(faultOfAnswer(answer, now));
    return tokenOf(answer.body, now);
  }

  #request(): { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array } {
    const { client_id: id, scope, audience, client_authentication: way } = this.#settings;
    const secret = credentialOf(this.#ports.credentials, "client_secret");
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      ...(way === "body" ? { client_id: id, client_secret: secret } : {}),
      ...(scope === undefined ? {} : { scope }),
      ...(audience === undefined ? {} : { audience }),
    });
    return {
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
        ...(way === "basic" ? { authorization: basic(formEncoded(id), formEncoded(secret)) } : {}),
      },
      body: Buffer.from(form.toString()),
    };
  }
}

const tokenAnswer = z.looseObject({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .optional(),
  /** Seconds; Entra's older endpoints say them in a string. */
  expires_in: z.coerce.number().positive().optional(),
});

function tokenOf(body: Buffer, now: Millis): Token {
  const { success, data } = tokenAnswer.safeParse(parsed(body));
  if (!success) {
    throw new DeliveryFault("denied", "the token endpoint answered with no token of type Bearer");
  }
  const life = data.expires_in === undefined ? UNSTATED_LIFE_MS : data.expires_in * 1_000;
  const usable = Math.max(life - RENEWED_BEFORE_MS, life / 2);
  return { text: data.access_token, renewedAt: now + Math.min(usable, MAX_LIFE_MS) };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** What a request for a token is refused for is never an event's fault. */
function tokenFault({ kind, message, retryAfterMs }: DeliveryFault): DeliveryFault {
  const sentence = message.replace("the receiver", "the token endpoint");
  const said = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new DeliveryFault(kind === "unavailable" ? kind : "denied", sentence, said);
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** RFC 6749, section 2.3.1: both are encoded as forms are, before they are joined. */
function formEncoded(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
