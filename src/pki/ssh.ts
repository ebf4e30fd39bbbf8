/** RSA keys as SSH has them (RFC 4251, section 5; RFC 4253, section 6.6), and the texts that OpenSSH keeps them in. */
import type { KeyObject } from "node:crypto";
import { utf8 } from "../kernel/bytes.ts";
import { publicKeyOf } from "./keys.ts";

const TYPE = "ssh-rsa";

export function sshString(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? utf8(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function uint64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** The exponent and the modulus, each as a number of SSH's. Undefined for a key that is not RSA. */
export function rsaNumbers(key: KeyObject): Uint8Array | undefined {
  if (key.asymmetricKeyType !== "rsa") return undefined;
  const { e = "", n = "" } = publicKeyOf(key).export({ format: "jwk" });
  return Buffer.concat([mpint(Buffer.from(e, "base64url")), mpint(Buffer.from(n, "base64url"))]);
}

/** The bytes of the public key, in which it stands in certificates. Undefined for a key that is not RSA. */
export function sshKeyBytes(key: KeyObject): Uint8Array | undefined {
  const numbers = rsaNumbers(key);
  return numbers && Buffer.concat([sshString(TYPE), numbers]);
}

/** `ssh-rsa AAAA…`, of a private or a public key; null for one that is not RSA. */
export function sshPublicKeyOf(key: KeyObject): string | null {
  const bytes = sshKeyBytes(key);
  return bytes ? sshText(TYPE, bytes) : null;
}

/** One line of a file of OpenSSH's, without its end. */
export function sshText(type: string, bytes: Uint8Array): string {
  return `${type} ${Buffer.from(bytes).toString("base64")}`;
}

/** Positive, in as few bytes as it takes. */
function mpint(magnitude: Uint8Array): Uint8Array {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const shortest = first < 0 ? new Uint8Array() : magnitude.subarray(first);
  const isHigh = (shortest[0] ?? 0) >= 0x80;
  return sshString(isHigh ? Buffer.concat([Uint8Array.of(0), shortest]) : shortest);
}
