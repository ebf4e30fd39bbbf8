/** What an access token says: the claims of IBM's IAM tokens, and the one of ours that names the credential. */
import type { Millis } from "../kernel/clock.ts";
import { randomId } from "../kernel/ids.ts";
import type { Credential } from "./api-key.ts";

/** IBM's lifetime of an access token; its clients renew at four fifths of it. */
export const ACCESS_TOKEN_LIFETIME_S = 3_600;
export const TOKEN_SCOPE = "ibm openid";

/** Private claim (RFC 7519, section 4.3): the id of the API key that the session was opened with. */
const CREDENTIAL_CLAIM = "keytrail_credential";

export interface TokenClaims {
  readonly iam_id: string;
  readonly id: string;
  readonly realmid: "IBMid" | "iam";
  readonly identifier: string;
  readonly name: string;
  readonly email?: string;
  readonly sub: string;
  readonly sub_type?: "ServiceId";
  readonly account: { readonly valid: true; readonly bss: string; readonly frozen: true };
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly grant_type: string;
  readonly scope: string;
  readonly client_id: string;
  readonly acr: 1;
  readonly amr: readonly ["pwd"];
  readonly [CREDENTIAL_CLAIM]: string;
}

export interface Session {
  readonly clientId: string;
  readonly grantType: string;
  readonly now: Millis;
}

export function claimsOf({ key, owner }: Credential, session: Session): TokenClaims {
  const iat = Math.floor(session.now / 1_000);
  return {
    iam_id: owner.iamId,
    id: owner.iamId,
    ...(owner.kind === "user"
      ? {
          realmid: "IBMid",
          identifier: owner.iamId.slice("IBMid-".length),
          name: owner.name,
          email: owner.email,
          sub: owner.email,
        }
      : {
          realmid: "iam",
          identifier: owner.id,
          name: owner.name,
          sub: owner.id,
          sub_type: "ServiceId",
        }),
    account: { valid: true, bss: owner.account, frozen: true },
    iat,
    exp: iat + ACCESS_TOKEN_LIFETIME_S,
    jti: randomId(),
    grant_type: session.grantType,
    scope: TOKEN_SCOPE,
    client_id: session.clientId,
    acr: 1,
    amr: ["pwd"],
    [CREDENTIAL_CLAIM]: key.id,
  };
}

/** What a later call needs of a token that was found genuine. */
export interface KnownToken {
  readonly iamId: string;
  readonly account: string;
  readonly credentialId: string;
  readonly expiresAt: Millis;
}

/** Undefined when a claim is missing: a token of this key, but of another version of this program. */
export function knownTokenOf(claims: Readonly<Record<string, unknown>>): KnownToken | undefined {
  const { iam_id: iamId, account, exp, [CREDENTIAL_CLAIM]: credentialId } = claims;
  const bss =
    typeof account === "object" && account !== null && "bss" in account ? account.bss : undefined;
  if (
    typeof iamId !== "string" ||
    typeof bss !== "string" ||
    typeof exp !== "number" ||
    typeof credentialId !== "string"
  ) {
    return undefined;
  }
  return { iamId, account: bss, credentialId, expiresAt: exp * 1_000 };
}
