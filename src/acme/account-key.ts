/** The key of an account, for signing what is asked in its name (RFC 8555, section 6.2) and for proving names. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import {
  calculateJwkThumbprint,
  exportJWK,
  FlattenedSign,
  type FlattenedJWS,
  type JWK,
} from "jose";
import type { Sensitive } from "../kernel/sensitive.ts";
import { AcmeFault } from "../app/secrets/acme.ts";

export interface AccountKey {
  readonly jwk: JWK;
  /** RFC 7638. */
  readonly thumbprint: string;
  sign(payload: string, header: Readonly<Record<string, unknown>>): Promise<FlattenedJWS>;
}

/** RFC 7518, section 3.1, by the curves of OpenSSL. */
const CURVE_ALGORITHMS: Readonly<Record<string, string>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

export async function accountKeyOf(pem: Sensitive<string>): Promise<AccountKey> {
  const key = createPrivateKey(pem.reveal());
  const alg = algorithmOf(key);
  const jwk = await exportJWK(createPublicKey(key));
  return {
    jwk,
    thumbprint: await calculateJwkThumbprint(jwk),
    sign: (payload, header) =>
      new FlattenedSign(Buffer.from(payload)).setProtectedHeader({ ...header, alg }).sign(key),
  };
}

/** The value of the record that answers a challenge (RFC 8555, sections 8.1 and 8.4). */
export function recordValueOf(token: string, { thumbprint }: AccountKey): string {
  return createHash("sha256").update(`${token}.${thumbprint}`).digest("base64url");
}

function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === "rsa") return "RS256";
  const algorithm = CURVE_ALGORITHMS[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (algorithm) return algorithm;
  throw new AcmeFault("badPublicKey", "The key of the account is of a kind that signs no orders.", {
    isFinal: true,
  });
}
