/** `auth/ibmcloud/login`: an access token in the body, and Vault's `auth` block for it. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { logIn, type LogInInput, type LogInOutput } from "../../../../app/instances/log-in.ts";
import { MAX_TOKEN_CHARS } from "../../../../identity/tokens.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { jsonObject } from "../../../json.ts";
import type { Answer, Route } from "../../../route.ts";
import { read } from "../body.ts";
import { line } from "../line.ts";
import { vaultBody } from "./answer.ts";

export const LOGIN = "/v1/auth/ibmcloud/login";

/** Room for the longest token there is: whoever asks has shown no credential yet, and may ask for no more work. */
export const MAX_LOGIN_BYTES = 2 * MAX_TOKEN_CHARS;

const body = z.strictObject({ token: z.string() });

/** Vault takes either method for every call that writes. */
export const loginRoutes: readonly Route[] = [
  line(`PUT ${LOGIN}`, logIn, [decodeLogin, encodeLogin]),
  line(`POST ${LOGIN}`, logIn, [decodeLogin, encodeLogin]),
];

function decodeLogin(request: FastifyRequest): LogInInput {
  if (request.body instanceof Uint8Array && request.body.length > MAX_LOGIN_BYTES) {
    const sentence = `The body of a login has ${MAX_LOGIN_BYTES} bytes at most.`;
    throw new Refusal("too_large", sentence);
  }
  const { token } = read(body, jsonObject(request));
  return { method: "ibmcloud", token: new Sensitive(token) };
}

/** The token that a login brings, if it brings one at all. */
export function tokenIn(request: FastifyRequest): Sensitive<string> | undefined {
  try {
    return decodeLogin(request).token;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/**
 * The token cannot be renewed, unlike IBM's: it ends with the one that it was got with. Its accessor is the session, by
 * which the trail finds what was done with it. The policies are the roles by another name; they decide nothing here.
 */
function encodeLogin(output: LogInOutput, request: FastifyRequest): Answer {
  const { clientToken, leaseDuration, session, identity, grantType, instanceCrn, roles } = output;
  const names = roles.map(
    ({ role, isWhole }) => `${isWhole ? "instance" : "group"}-${dashed(role)}`,
  );
  const policies = ["default", ...new Set(names)].toSorted();
  const auth = {
    client_token: clientToken.reveal(),
    accessor: session,
    policies,
    token_policies: policies,
    metadata: {
      bss_acc: identity.account,
      grant_type: grantType,
      name: identity.name,
      resource: instanceCrn,
      user: identity.id,
    },
    lease_duration: leaseDuration,
    renewable: false,
    entity_id: identity.id,
    token_type: "service",
    orphan: true,
  };
  return { status: 200, body: vaultBody(request, { auth }) };
}

/** `SecretsReader` as `secrets-reader`. */
function dashed(role: string): string {
  return role.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}
