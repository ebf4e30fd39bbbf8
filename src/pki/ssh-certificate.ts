/**
 * Certificates of OpenSSH (PROTOCOL.certkeys): an authority says of a user's RSA key which names its holder may log in
 * under, and for how long. Signed by `rsa-sha2-512` (RFC 8332).
 */
import { randomBytes, sign, type KeyObject } from "node:crypto";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { rsaNumbers, sshKeyBytes, sshString, sshText, uint32, uint64 } from "./ssh.ts";

export interface SshContents {
  /** Whose it is. */
  readonly publicKey: KeyObject;
  /** What a server writes into its log of a login. */
  readonly keyId: string;
  /** The names that its holder may log in under. Not empty: a certificate without any is good for every name. */
  readonly principals: readonly string[];
  readonly notBefore: Millis;
  readonly notAfter: Millis;
}

export interface SshCertificate {
  /** `ssh-rsa-cert-v01@openssh.com AAAA…`, a line of a file. */
  readonly text: string;
  /** In decimal, as OpenSSH shows it. */
  readonly serialNumber: string;
}

export const MAX_PRINCIPALS = 100;
export const MAX_PRINCIPAL_CHARS = 64;

const TYPE = "ssh-rsa-cert-v01@openssh.com";
const SIGNATURE = "rsa-sha2-512";
const OF_USER = 1;
const NONCE_BYTES = 32;
/** What a login by it may have, in this order: all that OpenSSH gives where nothing else is said. */
const EXTENSIONS = [
  "permit-X11-forwarding",
  "permit-agent-forwarding",
  "permit-port-forwarding",
  "permit-pty",
  "permit-user-rc",
];

/** The authority's key is RSA, and so is the user's. Refuses others, and names that nobody logs in under. */
export async function issueSshCertificate(
  contents: SshContents,
  authority: KeyObject,
): Promise<SshCertificate> {
  const { publicKey, keyId, principals, notBefore, notAfter } = contents;
  checkPrincipals(principals);
  const [numbers, signer] = [rsaNumbers(publicKey), sshKeyBytes(authority)];
  if (!numbers || !signer) {
    const sentence = "SSH certificates are for RSA keys, and by authorities with RSA keys.";
    throw new Refusal("precondition_failed", sentence, { reason: "not-rsa" });
  }
  const serial = newSerial();
  const toBeSigned = Buffer.concat([
    sshString(TYPE),
    sshString(randomBytes(NONCE_BYTES)),
    numbers,
    uint64(serial),
    uint32(OF_USER),
    sshString(keyId),
    sshString(Buffer.concat(principals.map(sshString))),
    uint64(seconds(notBefore)),
    uint64(seconds(notAfter)),
    sshString(""),
    sshString(Buffer.concat(EXTENSIONS.map((name) => pair(name)))),
    sshString(""),
    sshString(signer),
  ]);
  const signature = Buffer.concat([
    sshString(SIGNATURE),
    sshString(await signedBy(authority, toBeSigned)),
  ]);
  const whole = Buffer.concat([toBeSigned, sshString(signature)]);
  return { text: sshText(TYPE, whole), serialNumber: String(serial) };
}

/** Letters, digits and what else names of users and hosts have; a comma would be two of them to OpenSSH. */
const PRINCIPAL = /^[A-Za-z0-9_][A-Za-z0-9_.@$+-]*$/;

function checkPrincipals(principals: readonly string[]): void {
  const isFit = (name: string): boolean =>
    name.length <= MAX_PRINCIPAL_CHARS && PRINCIPAL.test(name);
  if (
    principals.length > 0 &&
    principals.length <= MAX_PRINCIPALS &&
    new Set(principals).size === principals.length &&
    principals.every(isFit)
  ) {
    return;
  }
  const sentence = `A certificate has 1 to ${MAX_PRINCIPALS} principals, each a name of at most ${MAX_PRINCIPAL_CHARS} letters, digits or characters of _.@$+-, and each once.`;
  throw new Refusal("invalid_request", sentence, { field: "principals" });
}

/** Of one that says all by its being there. */
function pair(name: string): Uint8Array {
  return Buffer.concat([sshString(name), sshString("")]);
}

/** Positive also to those who read it with a sign. */
function newSerial(): bigint {
  return BigInt.asUintN(63, randomBytes(8).readBigUInt64BE()) | 1n;
}

function seconds(at: Millis): bigint {
  return BigInt(Math.floor(at / 1_000));
}

/** In another thread. */
function signedBy(key: KeyObject, bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) =>
    sign("sha512", bytes, key, (error, signature) => (error ? reject(error) : resolve(signature))),
  );
}
