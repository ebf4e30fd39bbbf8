/** Opening and sealing the payloads of versions. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { invariant } from "../../kernel/errors.ts";
import type { Millis } from "../../kernel/clock.ts";
import { isExpired } from "../../secrets/expiry.ts";
import { kindOf } from "../../secrets/kinds/kinds.ts";
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
  if (secret.lastVersion === 0) return null;
  const version = await reader.version(secret, { alias: "current" });
  // There is one: the secret was deleted since it was looked up.
  if (!version) throw noSecret();
  return version;
}

/**
 * The payload, or null where there is none any more or it has expired. Refuses while the vault is
 * sealed.
 */
export async function openVersion<Store extends View>(
  { secret, version }: SecretVersion,
  { store, capabilities: { vault }, now }: Context<Store>,
): Promise<Payload | null> {
  if (isExpired(secret, now) || isOver(secret, version, now)) return null;
  const sealed = version.hasPayload ? await store.secrets.payload(version) : undefined;
  if (!sealed) return null;
  const bytes = vault.open(secret.dataKey, versionBinding(secret, version.id), sealed);
  return decodePayload(secret.type, bytes, () => openUsername(vault, secret));
}

/** The end of a lease, even if the schedule has not come to it yet. Locks keep it open. */
function isOver(secret: Secret, { expiresAt }: Version, now: Millis): boolean {
  if (expiresAt === null || expiresAt > now || secret.locksTotal > 0) return false;
  return kindOf(secret.type).isLeased;
}

export function openUsername(vault: Vault, secret: Secret): string {
  invariant(secret.username !== null, "a secret with a password has a username");
  return fromUtf8(vault.open(secret.dataKey, usernameBinding(secret), secret.username));
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

export function sealUsername(vault: Vault, secret: Owner, username: string): SealedValue {
  return vault.seal(secret.dataKey, usernameBinding(secret), utf8(username));
}

function versionBinding(secret: Pick<Secret, "at" | "id">, versionId: string): Binding {
  return { purpose: "secret-version", at: secret.at, owner: secret.id, part: versionId };
}

function usernameBinding(secret: Pick<Secret, "at" | "id">): Binding {
  return { purpose: "secret-username", at: secret.at, owner: secret.id, part: "" };
}
