/** Changes the secrets on SQLite, within the transaction that its connection is in. */
import type { Millis } from "../../kernel/clock.ts";
import { nextExpiryNotice } from "../../secrets/expiry-notice.ts";
import type { SecretGroup } from "../../secrets/group.ts";
import type { Lock } from "../../secrets/lock.ts";
import type { FailedReplication } from "../../secrets/replication.ts";
import type { Instance, Secret } from "../../secrets/secret.ts";
import type { DataKey, Retrieved, SecretStore } from "../../secrets/store.ts";
import type { RotationUnderWay } from "../../secrets/rotator.ts";
import type { RootKeyCheck, SealedValue } from "../../secrets/vault.ts";
import type { Version } from "../../secrets/version.ts";
import { SqliteSecretReader } from "./secrets-reader.ts";
import { jsonText, searchText } from "./secrets-rows.ts";

export class SqliteSecretStore extends SqliteSecretReader implements SecretStore {
  /** What is undone may stay in it. */
  readonly #changed = new Set<string>();

  async insertSecret(secret: Secret): Promise<void> {
    const { id, at, dataKey } = secret;
    await this.insertDataKey({ owner: id, at, key: dataKey });
    this.db.run(
      `INSERT INTO secrets (id, account, instance, type, created_by, created_at,
         group_id, name, description, labels, custom_metadata, updated_at, state, expires_at, rotation,
         password_policy, next_rotation_at, username, csr_key, attributes, last_version, versions_total, locks_total,
         search_text, ${LATER_COLUMNS.join(", ")}, expiry_notice_at)
       VALUES (${"?, ".repeat(24 + LATER_COLUMNS.length)}?)`,
      id,
      at.account,
      at.instance,
      secret.type,
      secret.createdBy,
      secret.createdAt,
      ...changeable(secret),
      nextExpiryNotice(secret.expiresAt, secret.updatedAt),
    );
  }

  async updateSecret(secret: Secret): Promise<void> {
    this.db.run(
      `UPDATE secrets SET group_id = ?, name = ?, description = ?, labels = ?, custom_metadata = ?,
         updated_at = ?, state = ?, expires_at = ?, rotation = ?, password_policy = ?, next_rotation_at = ?,
         username = ?, csr_key = ?, attributes = ?, last_version = ?, versions_total = ?, locks_total = ?, search_text = ?,
         ${LATER_COLUMNS.map((column) => `${column} = ?`).join(", ")},
         expiry_notice_at = CASE WHEN expires_at IS ? THEN expiry_notice_at ELSE ? END WHERE id = ?`,
      ...changeable(secret),
      // Whoever moves the date: the notices of the new one are all to come.
      secret.expiresAt,
      nextExpiryNotice(secret.expiresAt, secret.updatedAt),
      secret.id,
    );
    this.#changed.add(secret.id);
  }

  async setExpiryNoticeAt(secretId: string, at: Millis | null): Promise<void> {
    this.db.run("UPDATE secrets SET expiry_notice_at = ? WHERE id = ?", at, secretId);
  }

  async setChangedBy(secretId: string, by: string): Promise<void> {
    this.db.run("UPDATE secrets SET changed_by = ? WHERE id = ?", by, secretId);
  }

  async deleteSecret(secretId: string): Promise<void> {
    this.db.run("DELETE FROM secrets WHERE id = ?", secretId);
    await this.deleteDataKey(secretId);
  }

  async insertVersion(version: Version, payload: SealedValue | null): Promise<void> {
    this.db.run(
      `INSERT INTO versions (id, secret_id, number, created_by, created_at, auto_rotated, expires_at,
         custom_metadata, attributes, has_payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      version.id,
      version.secretId,
      version.number,
      version.createdBy,
      version.createdAt,
      Number(version.autoRotated),
      version.expiresAt,
      jsonText(version.customMetadata),
      jsonText(version.attributes),
      Number(version.hasPayload),
    );
    this.#changed.add(version.secretId);
    if (!payload) return;
    this.db.run(
      "INSERT INTO payloads (secret_id, version_id, sealed) VALUES (?, ?, ?)",
      version.secretId,
      version.id,
      payload,
    );
  }

  async updateVersion(version: Version): Promise<void> {
    this.db.run(
      "UPDATE versions SET expires_at = ?, custom_metadata = ?, attributes = ?, has_payload = ? WHERE secret_id = ? AND id = ?",
      version.expiresAt,
      jsonText(version.customMetadata),
      jsonText(version.attributes),
      Number(version.hasPayload),
      version.secretId,
      version.id,
    );
    this.#changed.add(version.secretId);
    if (version.hasPayload) return;
    this.db.run(
      "DELETE FROM payloads WHERE secret_id = ? AND version_id = ?",
      version.secretId,
      version.id,
    );
  }

  async putPayload(version: Version, payload: SealedValue): Promise<void> {
    this.db.run(
      "INSERT OR REPLACE INTO payloads (secret_id, version_id, sealed) VALUES (?, ?, ?)",
      version.secretId,
      version.id,
      payload,
    );
    this.db.run(
      "UPDATE versions SET has_payload = 1 WHERE secret_id = ? AND id = ?",
      version.secretId,
      version.id,
    );
    this.#changed.add(version.secretId);
  }

  async deleteVersion({ secretId, id }: Pick<Version, "secretId" | "id">): Promise<void> {
    this.db.run("DELETE FROM versions WHERE secret_id = ? AND id = ?", secretId, id);
    this.#changed.add(secretId);
  }

  takeChanged(): readonly string[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  async putFailedReplication(failed: FailedReplication): Promise<void> {
    this.db.run(
      `INSERT OR REPLACE INTO failed_replications (secret_id, region, kms_key_id, reason, failed_at)
       VALUES (?, ?, ?, ?, ?)`,
      failed.secretId,
      failed.region,
      failed.kmsKeyId,
      failed.reason,
      failed.at,
    );
  }

  async deleteFailedReplication(secretId: string, region: string): Promise<void> {
    this.db.run(
      "DELETE FROM failed_replications WHERE secret_id = ? AND region = ?",
      secretId,
      region,
    );
  }

  async putRotation(rotation: RotationUnderWay): Promise<void> {
    this.db.run(
      `INSERT OR REPLACE INTO rotations_under_way
         (secret_id, token, step, is_test, attempts, due_at, started_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      rotation.secretId,
      rotation.token,
      rotation.step,
      Number(rotation.isTest),
      rotation.attempts,
      rotation.dueAt,
      rotation.startedAt,
      rotation.endsAt,
    );
  }

  async deleteRotation(secretId: string): Promise<void> {
    this.db.run("DELETE FROM rotations_under_way WHERE secret_id = ?", secretId);
  }

  async insertGroup(group: SecretGroup): Promise<void> {
    this.db.run(
      `INSERT INTO secret_groups (account, instance, id, name, description, created_by, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      group.at.account,
      group.at.instance,
      group.id,
      group.name,
      group.description,
      group.createdBy,
      group.createdAt,
      group.updatedAt,
    );
  }

  async updateGroup(group: SecretGroup): Promise<void> {
    this.db.run(
      `UPDATE secret_groups SET name = ?, description = ?, updated_at = ?
       WHERE account = ? AND instance = ? AND id = ?`,
      group.name,
      group.description,
      group.updatedAt,
      group.at.account,
      group.at.instance,
      group.id,
    );
  }

  async deleteGroup(at: Instance, id: string): Promise<void> {
    this.db.run(
      "DELETE FROM secret_groups WHERE account = ? AND instance = ? AND id = ?",
      at.account,
      at.instance,
      id,
    );
  }

  async putLock(lock: Lock): Promise<void> {
    this.db.run(
      `INSERT OR REPLACE INTO locks (secret_id, version_id, version_number, name, description, attributes,
         created_by, created_at, updated_at, search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      lock.secretId,
      lock.versionId,
      lock.versionNumber,
      lock.name,
      lock.description,
      jsonText(lock.attributes),
      lock.createdBy,
      lock.createdAt,
      lock.updatedAt,
      searchText([lock.name, lock.description]),
    );
  }

  async deleteLock(lock: Lock): Promise<void> {
    this.db.run(
      "DELETE FROM locks WHERE secret_id = ? AND version_id = ? AND name = ?",
      lock.secretId,
      lock.versionId,
      lock.name,
    );
  }

  async saveRetrievals(retrievals: readonly Retrieved[], position: number): Promise<void> {
    for (const { secretId, versionId, at } of retrievals) {
      this.db.run(
        `INSERT INTO retrievals (version_id, secret_id, retrieved_at)
         SELECT id, secret_id, ? FROM versions WHERE id = ? AND secret_id = ?
         ON CONFLICT (secret_id, version_id) DO UPDATE SET retrieved_at = max(retrieved_at, excluded.retrieved_at)`,
        at,
        versionId,
        secretId,
      );
    }
    this.db.run(
      "INSERT OR REPLACE INTO retrievals_position (only, position) VALUES (1, ?)",
      position,
    );
  }

  async setRootKeyCheck({ rootKeyId, sealed }: RootKeyCheck): Promise<void> {
    this.db.run(
      "INSERT OR REPLACE INTO root_key_check (only, root_key_id, sealed) VALUES (1, ?, ?)",
      rootKeyId,
      sealed,
    );
  }

  async insertDataKey({ owner, at, key }: DataKey): Promise<void> {
    this.db.run(
      "INSERT INTO data_keys (owner, account, instance, root_key_id, wrapped) VALUES (?, ?, ?, ?, ?)",
      owner,
      at.account,
      at.instance,
      key.rootKeyId,
      key.bytes,
    );
  }

  async deleteDataKey(owner: string): Promise<void> {
    this.db.run("DELETE FROM data_keys WHERE owner = ?", owner);
  }

  async replaceDataKey({ owner, key }: DataKey): Promise<void> {
    this.db.run(
      "UPDATE data_keys SET root_key_id = ?, wrapped = ? WHERE owner = ?",
      key.rootKeyId,
      key.bytes,
      owner,
    );
  }
}

/** Those of them that came with AWS's wire. */
const LATER_COLUMNS = [
  "current_version",
  "previous_version",
  "stages",
  "keeps_unlabelled",
  "tags",
  "kms_key_id",
  "deletion_requested_at",
  "deletion_due_at",
  "resource_policy",
  "replica_of",
  "primary_region",
  "rotator",
  "last_rotated_at",
] as const;

/** The columns that an update may change, in the order in which both statements name them. */
function changeable(secret: Secret) {
  return [
    secret.groupId,
    secret.name,
    secret.description,
    JSON.stringify(secret.labels),
    jsonText(secret.customMetadata),
    secret.updatedAt,
    secret.state,
    secret.expiresAt,
    jsonText(secret.rotation),
    jsonText(secret.passwordPolicy),
    secret.nextRotationAt,
    secret.username,
    secret.csrKey,
    jsonText(secret.attributes),
    secret.lastVersion,
    secret.versionsTotal,
    secret.locksTotal,
    searchText([secret.name, secret.description, ...secret.labels, secret.id]),
    secret.currentVersion,
    secret.previousVersion,
    JSON.stringify(secret.stages),
    Number(secret.keepsUnlabelled),
    JSON.stringify(secret.tags),
    secret.kmsKeyId,
    secret.deletion?.requestedAt ?? null,
    secret.deletion?.dueAt ?? null,
    secret.resourcePolicy,
    secret.replicaOf?.secretId ?? null,
    secret.replicaOf?.region ?? null,
    jsonText(secret.rotator),
    secret.lastRotatedAt,
  ];
}
