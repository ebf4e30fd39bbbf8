/** The body of `POST /identity/token`: a form (RFC 6749, section 4) and, in the Basic header, the client. */
import type { FastifyRequest } from "fastify";
import {
  API_KEY_GRANT,
  ASSUME_GRANT,
  COOKIE_GRANT,
  PASSCODE_GRANT,
  PASSWORD_GRANT,
  REFRESH_GRANT,
  type AssumeLogin,
  type KeyLogin,
  type LoginInput,
  type PasswordLogin,
  type ProfileSelector,
} from "../../../../app/identity/login.ts";
import { parseCrn } from "../../../../audit/crn.ts";
import { isAccountId } from "../../../../identity/account.ts";
import { DEFAULT_CLIENT_ID } from "../../../../identity/refresh-token.ts";
import { isProfileId } from "../../../../identity/trusted-profile.ts";
import { fromBase64 } from "../../../../kernel/bytes.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { formOf, invalid, MAX_FORM_BYTES, optional, required, secret } from "./form.ts";
import { cookieIn } from "./identity-cookie.ts";
import { assertOwnOrigin } from "./own-origin.ts";

export const GRANTS = [
  API_KEY_GRANT,
  REFRESH_GRANT,
  PASSWORD_GRANT,
  PASSCODE_GRANT,
  ASSUME_GRANT,
  COOKIE_GRANT,
] as const;

/** Grants of IBM's that are known here, and why they give nothing. */
const unserved: Readonly<Record<string, string>> = {
  "urn:ibm:params:oauth:grant-type:cr-token":
    "Compute resources have no way to prove here what they are: give the program a service ID with an API key.",
  "urn:ibm:params:oauth:grant-type:delegated-refresh-token":
    "Sessions are not delegated: let the service log in by itself, or apply a trusted profile.",
  authorization_code:
    "An identity provider sends its code to /identity/callback: begin the login at /identity/authorize.",
};

const BASIC = /^basic +(\S+) *$/i;
/**
 * `bx:bx` of the command line, `HOP55v1CCT:…` of the console: the secret is the client's own affair.
 * A client is never named by one of our keys: `curl -u KEY:` would have it recorded.
 */
const CLIENT = /^(?!kt[a-z][_-])([A-Za-z0-9._-]{1,64}):/i;

/**
 * Whether the request is what every SDK sends: an API key, and no word of who the client is. Also true of what cannot
 * be read: it is refused the same by either operation.
 */
export function isBareKeyLogin({ headers, body }: FastifyRequest): boolean {
  if (headers.authorization !== undefined) return false;
  if (!(body instanceof Uint8Array) || body.length > MAX_FORM_BYTES) return true;
  const grants = new URLSearchParams(Buffer.from(body).toString("latin1")).getAll("grant_type");
  return !GRANTS.some((grant) => grant !== API_KEY_GRANT && grants.includes(grant));
}

export function decodeTokenRequest(request: FastifyRequest): LoginInput {
  const form = formOf(request);
  const client_id = clientOf(request.headers.authorization);
  const grant = required(form, "grant_type");
  const responseType = form.get("response_type");
  if (responseType !== null && responseType !== "cloud_iam") {
    throw invalid("response_type", "cloud_iam");
  }
  switch (grant) {
    case API_KEY_GRANT:
      return { client_id, grant_type: grant, apiKey: secret(form, "apikey") };
    case REFRESH_GRANT: {
      const account = accountIn(form, "account") ?? accountIn(form, "bss_account");
      const refreshToken = secret(form, "refresh_token");
      return { client_id, grant_type: grant, refreshToken, ...(account ? { account } : {}) };
    }
    case PASSWORD_GRANT:
      return { client_id, grant_type: grant, ...passwordIn(form) };
    case PASSCODE_GRANT:
      return { client_id, grant_type: grant, passcode: secret(form, "passcode") };
    case ASSUME_GRANT:
      return { client_id, grant_type: grant, by: applyingIn(form), profile: profileIn(form) };
    case COOKIE_GRANT:
      return { client_id, grant_type: grant, cookie: ownCookie(request) };
    default:
      throw refusedGrant(grant);
  }
}

/** By a client that has nothing to keep: the one operation that leaves nothing behind takes nothing else. */
export function decodeKeyLogin(request: FastifyRequest): KeyLogin {
  const input = decodeTokenRequest(request);
  if (input.grant_type !== API_KEY_GRANT) throw refusedGrant(input.grant_type);
  return input;
}

/** The user's name, the password and, under either of two names, the code of the second factor. */
export function passwordIn(
  form: URLSearchParams,
): Pick<PasswordLogin, "username" | "password" | "code" | "account"> {
  const code = optional(form, "totp") ?? optional(form, "passcode");
  const account = accountIn(form, "account");
  return {
    username: secret(form, "username"),
    password: secret(form, "password"),
    ...(code === undefined ? {} : { code: new Sensitive(code) }),
    ...(account === undefined ? {} : { account }),
  };
}

function applyingIn(form: URLSearchParams): AssumeLogin["by"] {
  const apiKey = optional(form, "apikey");
  if (apiKey === undefined) return { accessToken: secret(form, "access_token") };
  if (form.has("access_token")) {
    throw new Refusal("invalid_request", "Bring 'access_token' or 'apikey', not both.", {
      reason: "invalid",
    });
  }
  return { apiKey: new Sensitive(apiKey) };
}

const PROFILE_BY = ["profile_id", "profile_crn", "profile_name"] as const;

function profileIn(form: URLSearchParams): ProfileSelector {
  const given = PROFILE_BY.filter((name) => optional(form, name) !== undefined);
  if (given.length !== 1) {
    const sentence =
      "Name the trusted profile by exactly one of 'profile_id', 'profile_crn' and 'profile_name'.";
    throw new Refusal("invalid_request", sentence, { reason: "invalid" });
  }
  const id = optional(form, "profile_id");
  if (id !== undefined) {
    if (!isProfileId(id)) throw invalid("profile_id", "Profile-UUID");
    return { id };
  }
  const crn = optional(form, "profile_crn");
  if (crn !== undefined) return profileOfCrn(crn);
  const account = accountIn(form, "account");
  if (account === undefined) throw invalid("account", "the account of the profile");
  return { name: required(form, "profile_name"), account };
}

function profileOfCrn(text: string): ProfileSelector {
  const { kind, id = "", account } = parseCrn(text) ?? {};
  if (kind !== "profile" || !isProfileId(id) || account === undefined) {
    throw invalid(
      "profile_crn",
      "crn:v1:bluemix:public:iam-identity::a/ACCOUNT::profile:Profile-UUID",
    );
  }
  return { id, account };
}

function accountIn(form: URLSearchParams, property: string): string | undefined {
  const account = optional(form, property);
  if (account !== undefined && !isAccountId(account)) throw invalid(property, "an account's id");
  return account;
}

/** A browser sends it by itself: only from pages of this server. */
function ownCookie(request: FastifyRequest): Sensitive<string> {
  assertOwnOrigin(request);
  const cookie = cookieIn(request);
  if (cookie === undefined) {
    throw new Refusal("invalid_request", "The request has no identity cookie.", {
      reason: "missing",
    });
  }
  return cookie;
}

function refusedGrant(grant: string): Refusal {
  const why = Object.hasOwn(unserved, grant) ? unserved[grant] : undefined;
  if (why === undefined) return invalid("grant_type", GRANTS.join(","));
  return new Refusal("invalid_request", why, { reason: "invalid", property: "grant_type" });
}

function clientOf(authorization: string | undefined): string {
  if (authorization === undefined) return DEFAULT_CLIENT_ID;
  const encoded = BASIC.exec(authorization)?.[1];
  const decoded = encoded === undefined ? undefined : fromBase64(encoded);
  const client = decoded && CLIENT.exec(Buffer.from(decoded).toString("latin1"))?.[1];
  if (client === undefined) {
    throw new Refusal("invalid_request", "The Authorization header does not name a client.", {
      reason: "bad-client",
    });
  }
  return client;
}
