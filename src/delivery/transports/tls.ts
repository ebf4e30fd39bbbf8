/** What may be said of TLS to a receiver, and what that means to Node. */
import { X509Certificate, createPrivateKey } from "node:crypto";
import type { ConnectionOptions } from "node:tls";
import { z } from "zod";
import { DeliveryFault } from "../fault.ts";
import type { CredentialRule } from "../sink.ts";

export const MAX_PEM_CHARS = 64 * 1_024;

/** The private key of the client's certificate, PEM. */
export const CLIENT_KEY = "client_key";

const pem = z.string().max(MAX_PEM_CHARS);

export const tlsSettings = z
  .strictObject({
    /** PEM, one certificate or more: instead of the authorities that this machine trusts. */
    ca: pem.refine(areCertificates, { error: "is one certificate or more in PEM" }).optional(),
    /** PEM, the client's own and what leads to it; its key is the credential `client_key`. */
    certificate: pem
      .refine(areCertificates, { error: "is one certificate or more in PEM" })
      .optional(),
    /** The name that the receiver's certificate has to bear, where it is not that of the host. */
    server_name: z
      .string()
      .max(253)
      .regex(/^[\w-]+(?:\.[\w-]+)*$/, { error: "is a host's name" })
      .optional(),
    /** Whoever answers is believed, whatever its certificate: what is sent may be read by others. */
    allow_self_signed: z.boolean().default(false),
  })
  .readonly();

export type TlsSettings = z.output<typeof tlsSettings>;

/** What is said of it where nothing is. */
export const PLAIN_TLS: TlsSettings = { allow_self_signed: false };

/** The client's key, where there is a certificate that needs one. */
export function tlsCredentials(tls: TlsSettings | undefined): readonly CredentialRule[] {
  return tls?.certificate === undefined ? [] : [{ name: CLIENT_KEY, isRequired: true }];
}

/** For `tls.connect` and `https.request`. Throws a DeliveryFault `denied` for a key that is none, or another's. */
export function tlsOptions(
  { ca, certificate, server_name: serverName, allow_self_signed: isTrusting }: TlsSettings,
  clientKey: string | undefined,
): ConnectionOptions {
  return {
    minVersion: "TLSv1.2",
    rejectUnauthorized: !isTrusting,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate, key: keyOf(certificate, clientKey) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function keyOf(certificate: string, clientKey: string | undefined): string {
  if (clientKey !== undefined && isKeyOf(certificate, clientKey)) return clientKey;
  throw new DeliveryFault("denied", `the ${CLIENT_KEY} is not the key of the client's certificate`);
}

function isKeyOf(certificate: string, clientKey: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(clientKey));
  } catch {
    return false;
  }
}

/** RFC 7468: no hyphen stands within one, so that a beginning without an end is not looked for to the end of the text. */
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function areCertificates(text: string): boolean {
  // Asked also of what is too long: every check of a schema is made.
  if (text.length > MAX_PEM_CHARS) return false;
  const found = text.match(CERTIFICATES) ?? [];
  return found.length > 0 && found.every(isCertificate);
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}
