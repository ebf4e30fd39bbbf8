/**
 * The key by which an engine shows who it is: Ed25519 (RFC 8032), in PEM. The private key's text says before the PEM whose
 * it is and for which server, so that the file it is kept in is all an engine needs; readers of PEM pass over that.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { fromBase64, toBase64, utf8 } from "../kernel/bytes.ts";
import { Sensitive } from "../kernel/sensitive.ts";

export interface EngineKeys {
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string;
  /** PEM, PKCS#8. */
  readonly privateKey: Sensitive<string>;
}

export function newEngineKeys(): EngineKeys {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" });
  return {
    publicKey: publicKey.export({ type: "spki", format: "pem" }),
    privateKey: new Sensitive(pkcs8),
  };
}

/** Whose key it is, and for which server. */
export interface KeyHolder {
  readonly engine: string;
  readonly server: string;
}

/** The text that is given out once. */
export function keyFileText(
  { engine, server }: KeyHolder,
  privateKey: Sensitive<string>,
): Sensitive<string> {
  return new Sensitive(
    `Keytrail-Engine: ${engine}\nKeytrail-Server: ${server}\n${privateKey.reveal()}`,
  );
}

export interface EngineKeyFile extends KeyHolder {
  readonly key: KeyObject;
}

const HEADER = /^Keytrail-(Engine|Server): (\S{1,255})\r?$/gm;

/** Undefined for what is no such text. */
export function readKeyFile(text: string): EngineKeyFile | undefined {
  const headers = new Map([...text.matchAll(HEADER)].map(([, name, value]) => [name, value]));
  const [engine, server] = [headers.get("Engine"), headers.get("Server")];
  if (engine === undefined || server === undefined) return undefined;
  try {
    const key = createPrivateKey(text.slice(text.indexOf("-----BEGIN")));
    return key.asymmetricKeyType === "ed25519" ? { engine, server, key } : undefined;
  } catch {
    return undefined;
  }
}

const NONCE_BYTES = 32;

/** Good for one proof: whoever sends it forgets it with the connection that it was sent on. */
export function newNonce(): string {
  return toBase64(randomBytes(NONCE_BYTES));
}

/** What an engine signs: to this server, as this engine, now. */
function statement({ engine, server }: KeyHolder, nonce: string): Uint8Array {
  return utf8(JSON.stringify(["keytrail engine connects", 1, server, engine, nonce]));
}

export function proofOf({ key, ...holder }: EngineKeyFile, nonce: string): string {
  return toBase64(sign(null, statement(holder, nonce), key));
}

/** Whether the proof was made with the private key of this public one, for this nonce. */
export function isProof(
  proof: Sensitive<string>,
  {
    publicKey,
    nonce,
    ...holder
  }: KeyHolder & { readonly publicKey: string; readonly nonce: string },
): boolean {
  const signature = fromBase64(proof.reveal());
  if (!signature) return false;
  return verify(null, statement(holder, nonce), createPublicKey(publicKey), signature);
}
