/** Opening and sealing the payloads of versions. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { invariant } from "../../kernel/errors.ts";
import { isExpired } from "../../secrets/expiry.ts";
import { decodePayload, encodePayload, type Payload } from "../../secrets/payload.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { SecretReader } from "../../secrets/store.ts";
import type { Binding, SealedValue, Vault } from "../../secrets/vault.ts";
import type { Version } from "../../secrets/version.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { noSecret, type SecretVersion } from "./find.ts";

export async function currentVersion(reader: SecretReader, secret: Secret): Promise<Version> {
  const version = await reader.version(secret, { alias: "current" });
  // Every secret has one: this one was deleted since it was looked up.
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
  if (isExpired(secret, now)) return null;
  const sealed = version.hasPayload ? await store.secrets.payload(version) : undefined;
  if (!sealed) return null;
  const bytes = vault.open(secret.dataKey, versionBinding(secret, version.id), sealed);
  return decodePayload(secret.type, bytes, () => openUsername(vault, secret));
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
