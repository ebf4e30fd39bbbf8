/** What is brought for a token: a form or JSON, by the grant that it is for. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { ConfirmLoginInput } from "../../../app/federation/confirm-login.ts";
import { NO_BINDING, type BeginLoginInput } from "../../../app/federation/begin-login.ts";
import type { FinishLoginInput } from "../../../app/federation/finish-login.ts";
import { CODE_GRANT, type OfLogin } from "../../../app/federation/vouched-login.ts";
import {
  CERTIFICATE_GRANT,
  CLIENT_GRANT,
  PASSWORD_GRANT,
  REFRESH_GRANT,
  type LoginInput,
} from "../../../app/identity/login.ts";
import { checkedCallback } from "../../../identity/identity-provider.ts";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import { bodyAs } from "./fields.ts";

/** Whose sessions these are. */
export const DSV_CLIENT = "dsv";
/** Codes, states and tokens are opaque; the longest in use are half as long. */
export const MAX_PARAMETER_CHARS = 4_096;
/** A chain of certificates, in Base64 once more. */
export const MAX_CERTIFICATES_CHARS = 64 * 1_024;

const secret = z
  .string()
  .max(MAX_PARAMETER_CHARS)
  .transform((text) => new Sensitive(text))
  .optional();

/** Clients send the fields of all grants, those that are not for theirs empty. */
const body = z.object({
  grant_type: z.string().max(64).optional(),
  username: secret,
  password: secret,
  totp: secret,
  provider: secret,
  client_id: secret,
  client_secret: secret,
  refresh_token: secret,
  cert_challenge_id: secret,
  decrypted_challenge: secret,
  authorization_code: secret,
  state: secret,
  callback_url: z.string().max(MAX_PARAMETER_CHARS).optional(),
  callback_host: z.unknown().optional(),
  aws_headers: z.unknown().optional(),
  aws_body: z.unknown().optional(),
  jwt: z.unknown().optional(),
});

type Body = z.infer<typeof body>;
/** The fields that hold what nobody but the owner is to see. */
type Secret = keyof {
  [Name in keyof Body as Body[Name] extends Sensitive<string> | undefined ? Name : never]: Name;
};

export const OIDC_GRANT = "oidc";

/** Grants of DSV's that are known here, and why they give nothing. */
const unserved: Readonly<Record<string, string>> = {
  aws_iam: "Nobody is logged in by AWS here: give the program a client, or let it sign its calls.",
  azure: "Nobody is logged in by Azure here: give the program a client.",
  gcp: "Nobody is logged in by Google Cloud here: give the program a client.",
};

/** Undefined for what cannot be read: whatever decodes it says why. */
export function grantIn(
  request: FastifyRequest,
): { readonly grant: string; readonly hasCode: boolean } | undefined {
  try {
    const { grant_type: grant = "", authorization_code: code } = bodyAs(body, request);
    return { grant, hasCode: code !== undefined };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

const BY_DSV = { client_id: DSV_CLIENT, subject: "principal" } as const;

export function decodeLogin(request: FastifyRequest): LoginInput {
  const given = bodyAs(body, request);
  const { totp } = given;
  const code = totp ? { code: totp } : {};
  switch (given.grant_type) {
    case PASSWORD_GRANT: {
      assertOwn(given);
      const username = needed(given, "username");
      const password = needed(given, "password");
      const grant = { grant_type: PASSWORD_GRANT, slides: true, isOfPlace: true } as const;
      return { ...BY_DSV, ...grant, username, password, ...code };
    }
    case CLIENT_GRANT: {
      const client = needed(given, "client_id");
      return {
        ...BY_DSV,
        grant_type: CLIENT_GRANT,
        client,
        secret: needed(given, "client_secret"),
      };
    }
    case REFRESH_GRANT: {
      const refreshToken = needed(given, "refresh_token");
      return { ...BY_DSV, grant_type: REFRESH_GRANT, slides: true, refreshToken };
    }
    case CERTIFICATE_GRANT: {
      const challengeId = needed(given, "cert_challenge_id");
      const answer = needed(given, "decrypted_challenge");
      const grant = { grant_type: CERTIFICATE_GRANT, slides: true } as const;
      return { ...BY_DSV, ...grant, challengeId, answer, ...code };
    }
    case undefined:
      throw missing("grant_type");
    default:
      throw refusedGrant(given.grant_type);
  }
}

/** Whoever logs in by a provider does so there: its passwords are not for us to see. */
function assertOwn({ provider }: Body): void {
  const named = provider?.reveal().toLowerCase() ?? LOCAL;
  if (named === LOCAL) return;
  const sentence = "Passwords of a provider are for it alone: log in there, with the grant oidc.";
  throw new Refusal("invalid_request", sentence, { field: "provider" });
}

/** What people call those whom no provider vouches for. */
const LOCAL = "local";

export function decodeFinish(request: FastifyRequest): FinishLoginInput {
  const given = bodyAs(body, request);
  const code = needed(given, "authorization_code");
  return {
    grant_type: CODE_GRANT,
    ...loginOf(given),
    answer: { kind: "code", code, iss: undefined },
    redirectUri: "",
  };
}

/** The code of a second factor, after the provider has vouched. */
export function decodeConfirmation(request: FastifyRequest): ConfirmLoginInput {
  const given = bodyAs(body, request);
  return { grant_type: CODE_GRANT, ...loginOf(given), code: needed(given, "totp") };
}

function loginOf(given: Body): OfLogin {
  const { callback_url: callback } = given;
  const state = needed(given, "state");
  return {
    state,
    binding: NO_BINDING,
    program: { provider: needed(given, "provider"), callback },
  };
}

export function decodeBegin(request: FastifyRequest): BeginLoginInput {
  const given = bodyAs(body, request);
  const { callback_url: callback } = given;
  if (callback === undefined) throw missing("callback_url");
  return {
    client_id: DSV_CLIENT,
    provider: { kind: "name", name: needed(given, "provider") },
    isOfPlace: true,
    returnTo: "",
    redirectUri: checkedCallback(callback),
    isForProgram: true,
  };
}

const certificates = z.object({ client_certificate: z.string().max(MAX_CERTIFICATES_CHARS) });

/** PEM, in Base64. */
export function decodeCertificates(request: FastifyRequest): { readonly certificates: string } {
  const { client_certificate: given } = bodyAs(certificates, request);
  if (given.includes("-----BEGIN ")) return { certificates: given };
  try {
    return { certificates: fromUtf8(Buffer.from(given, "base64")) };
  } catch {
    const field = "client_certificate";
    throw new Refusal("invalid_request", `The field ${field} is not PEM in Base64.`, { field });
  }
}

function needed(given: Body, field: Secret): Sensitive<string> {
  const value = given[field];
  if (value === undefined) throw missing(field);
  return value;
}

function missing(field: string): Refusal {
  return new Refusal("invalid_request", `The field ${field} is missing.`, { field });
}

function refusedGrant(grant: string): Refusal {
  const why = Object.hasOwn(unserved, grant) ? unserved[grant] : undefined;
  const known = [PASSWORD_GRANT, CLIENT_GRANT, REFRESH_GRANT, CERTIFICATE_GRANT, OIDC_GRANT];
  const sentence = why ?? `The grant is one of ${known.join(", ")}.`;
  return new Refusal("invalid_request", sentence, { field: "grant_type" });
}
