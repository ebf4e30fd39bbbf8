/** Opening and sealing the payloads of versions. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { invariant } from "../../kernel/errors.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { isExpired } from "../../secrets/expiry.ts";
import { kindOf } from "../../secrets/kinds/kinds.ts";
import { locked } from "../../secrets/lock.ts";
import { decodePayload, encodePayload, type Payload } from "../../secrets/payload.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { SecretReader } from "../../secrets/store.ts";
import type { Binding, SealedValue, Vault } from "../../secrets/vault.ts";
import type { Version } from "../../secrets/version.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { noSecret, type SecretVersion } from "./find.ts";

/** Null while the secret has had no value. */
export async function currentVersion(
  reader: SecretReader,
  secret: Secret,
): Promise<Version | null> {
  if (secret.currentVersion === 0) return null;
  const version = await reader.version(secret, { alias: "current" });
  // There is one: the secret was deleted since it was looked up.
  if (!version) throw noSecret();
  return version;
}

/**
 * The payload, or null where there is none any more or it has expired. Refuses while the vault is sealed, and what a lock
 * keeps from being taken back at the end of its lease: whoever uses it may go on, and nobody else is to begin.
 */
export async function openVersion<Store extends View>(
  { secret, version }: SecretVersion,
  { store, capabilities: { vault }, now }: Context<Store>,
): Promise<Payload | null> {
  if (isExpired(secret, now)) return null;
  if (isOver(secret, version, now)) {
    const locks = secret.locksTotal > 0 ? await store.secrets.locksOf(secret.id) : [];
    if (locks.some((lock) => lock.versionId === version.id)) throw locked();
    return null;
  }
  const sealed = version.hasPayload ? await store.secrets.payload(version) : undefined;
  if (!sealed) return null;
  const bytes = vault.open(secret.dataKey, versionBinding(secret, version.id), sealed);
  return decodePayload(secret.type, bytes, () => openUsername(vault, secret));
}

/** The end of a lease, even if the schedule has not come to it yet. */
function isOver(secret: Secret, { expiresAt }: Version, now: Millis): boolean {
  return kindOf(secret.type).isLeased && expiresAt !== null && expiresAt <= now;
}

export function openUsername(vault: Vault, secret: Secret): string {
  invariant(secret.username !== null, "a secret with a password has a username");
  return fromUtf8(vault.open(secret.dataKey, usernameBinding(secret), secret.username));
}

/** The key that the secret's managed CSR is for: PKCS #8 in PEM. */
export function openCsrKey(vault: Vault, secret: Secret): Sensitive<string> {
  invariant(secret.csrKey !== null, "a secret with a managed CSR has its key");
  return new Sensitive(fromUtf8(vault.open(secret.dataKey, csrKeyBinding(secret), secret.csrKey)));
}

/** What a value is sealed for: a secret that has its data key. */
type Owner = Pick<Secret, "at" | "id" | "dataKey">;

export function sealPayload(
  vault: Vault,
  secret: Owner,
  { versionId, payload }: { readonly versionId: string; readonly payload: Payload },
): SealedValue {
  return vault.seal(secret.dataKey, versionBinding(secret, versionId), encodePayload(payload));
}

/** The same value, sealed for the version of the same id of another secret. */
export function resealPayload(
  vault: Vault,
  [from, to]: readonly [from: Owner, to: Owner],
  { versionId, sealed }: { readonly versionId: string; readonly sealed: SealedValue },
): SealedValue {
  const bytes = vault.open(from.dataKey, versionBinding(from, versionId), sealed);
  return vault.seal(to.dataKey, versionBinding(to, versionId), bytes);
}

export function sealUsername(vault: Vault, secret: Owner, username: string): SealedValue {
  return vault.seal(secret.dataKey, usernameBinding(secret), utf8(username));
}

export function sealCsrKey(vault: Vault, secret: Owner, key: Sensitive<string>): SealedValue {
  return vault.seal(secret.dataKey, csrKeyBinding(secret), utf8(key.reveal()));
}

function versionBinding(secret: Pick<Secret, "at" | "id">, versionId: string): Binding {
  return { purpose: "secret-version", at: secret.at, owner: secret.id, part: versionId };
}

function usernameBinding(secret: Pick<Secret, "at" | "id">): Binding {
  return { purpose: "secret-username", at: secret.at, owner: secret.id, part: "" };
}

function csrKeyBinding(secret: Pick<Secret, "at" | "id">): Binding {
  return { purpose: "secret-csr-key", at: secret.at, owner: secret.id, part: "" };
}
