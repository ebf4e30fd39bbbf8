/** Reads the secrets from SQLite. */
import type { Millis } from "../../kernel/clock.ts";
import type { Contents } from "../../secrets/contents.ts";
import type { SecretGroup } from "../../secrets/group.ts";
import type { Lock } from "../../secrets/lock.ts";
import { sortOf, type Page, type PageOf } from "../../secrets/paging.ts";
import { kindOf } from "../../secrets/kinds/kinds.ts";
import {
  ACTIVE,
  DEACTIVATED,
  DESTROYED,
  SECRET_TYPES,
  type Instance,
  type Secret,
  type SecretState,
  type SecretType,
} from "../../secrets/secret.ts";
import type { DescribedQuery, DescribedSecret } from "../../secrets/secret-filter.ts";
import type {
  DataKey,
  DueSecret,
  ListedSecret,
  LockQuery,
  LockSortField,
  SecretFilter,
  SecretQuery,
  SecretReader,
  SecretSortField,
} from "../../secrets/store.ts";
import {
  numberOf as numberFor,
  type Version,
  type VersionSelector,
} from "../../secrets/version.ts";
import type { FailedReplication } from "../../secrets/replication.ts";
import type { RotationUnderWay } from "../../secrets/rotator.ts";
import type { RootKeyCheck, SealedValue, WrappedKey } from "../../secrets/vault.ts";
import type { Database, Value } from "./database.ts";
import { describedSecrets } from "./described-secrets.ts";
import { contentsOf } from "./instance-contents.ts";
import { Remembered } from "./remembered.ts";
import { defineWords, filterOf } from "./secret-filter.ts";
import {
  dataKeyOf,
  dueOf,
  failedReplicationOf,
  groupOf,
  lockOf,
  numberOf,
  rotationOf,
  secretOf,
  versionOf,
} from "./secrets-rows.ts";

const SECRETS = "SELECT s.*, k.* FROM secrets s JOIN data_keys k ON k.owner = s.id";
const RETRIEVED = "(SELECT max(retrieved_at) FROM retrievals r WHERE r.secret_id = s.id)";

const EXPIRING_THOUGH_LOCKED = SECRET_TYPES.filter((type) => kindOf(type).expiresThoughLocked)
  .map((type) => `'${type}'`)
  .join(", ");

/** Each state has an index of its own. */
function expiring(state: SecretState): string {
  return `SELECT id, account, instance, expires_at AS due_at FROM secrets
    WHERE state = ${state} AND expires_at <= ? AND (${EXPIRING})`;
}

/** By which of its attributes a secret names what it is made with, whatever its type. */
const CONFIGURATION_ATTRIBUTES = "'certificateTemplate', 'configuration', 'ca', 'dns'";

/** Whether nothing keeps it alive past its date. A replica ends when its primary does, and not by itself. */
const EXPIRING = `replica_of IS NULL AND (locks_total = 0 OR type IN (${EXPIRING_THOUGH_LOCKED}))`;

const secretColumns: Readonly<Record<SecretSortField, string>> = {
  id: "s.id",
  createdAt: "s.created_at",
  updatedAt: "s.updated_at",
  retrievedAt: RETRIEVED,
  expiresAt: "s.expires_at",
  secretType: "s.type",
  name: "s.name",
};

const lockColumns: Readonly<Record<LockSortField, string>> = {
  createdAt: "created_at",
  updatedAt: "updated_at",
  name: "name",
};

/** Sealed values up to this size are held in memory between changes: with MAX_HELD_ANSWERS of them, 40 MB. */
export const MAX_HELD_PAYLOAD_BYTES = 4_096;

/** One that is turned on: `next_rotation_at` is then by its rules. */
const HAS_ROTATOR = "(rotator IS NOT NULL AND json_extract(rotator, '$.isEnabled'))";

export class SqliteSecretReader implements SecretReader {
  protected readonly db: Database;
  // What reading a secret asks for, so that reading it again costs the database nothing.
  readonly #secrets: Remembered<Secret | undefined>;
  readonly #called: Remembered<readonly Secret[]>;
  readonly #versions: Remembered<Version | undefined>;
  readonly #payloads: Remembered<SealedValue | undefined>;

  constructor(database: Database) {
    this.db = database;
    defineWords(database);
    this.#secrets = new Remembered(database);
    this.#called = new Remembered(database);
    this.#versions = new Remembered(database);
    this.#payloads = new Remembered(
      database,
      (sealed) => (sealed?.length ?? 0) <= MAX_HELD_PAYLOAD_BYTES,
    );
  }

  async secret(at: Instance, id: string): Promise<Secret | undefined> {
    const sql = `${SECRETS} WHERE s.id = ? AND s.account = ? AND s.instance = ?`;
    return this.#secrets.get(`${at.account} ${at.instance} ${id}`, () => {
      const row = this.db.get(sql, id, at.account, at.instance);
      return row && secretOf(row);
    });
  }

  async secretNamed(at: Instance, type: SecretType, name: string): Promise<Secret | undefined> {
    const sql = `${SECRETS} WHERE s.account = ? AND s.instance = ? AND s.type = ? AND s.name = ?`;
    const row = this.db.get(sql, at.account, at.instance, type, name);
    return row && secretOf(row);
  }

  async secretsCalled(at: Instance, name: string): Promise<readonly Secret[]> {
    const held = this.#called.get(`${at.account} ${at.instance} ${name}`, () => {
      const sql = `${SECRETS} WHERE s.account = ? AND s.instance = ? AND s.name = ? ORDER BY s.created_at, s.id`;
      return this.db.all(sql, at.account, at.instance, name).map(secretOf);
    });
    return held;
  }

  async changedBy(secretId: string): Promise<string | null> {
    const row = this.db.get("SELECT changed_by FROM secrets WHERE id = ?", secretId);
    return (row?.["changed_by"] as string | null | undefined) ?? null;
  }

  async replicasOf(secretId: string): Promise<readonly Secret[]> {
    const sql = `${SECRETS} WHERE s.replica_of = ? ORDER BY s.created_at, s.id`;
    return this.db.all(sql, secretId).map(secretOf);
  }

  async failedReplications(secretId: string): Promise<readonly FailedReplication[]> {
    const sql = "SELECT * FROM failed_replications WHERE secret_id = ? ORDER BY region";
    return this.db.all(sql, secretId).map(failedReplicationOf);
  }

  async secretById(id: string): Promise<Secret | undefined> {
    const row = this.db.get(`${SECRETS} WHERE s.id = ?`, id);
    return row && secretOf(row);
  }

  async dueDeletions(now: Millis, limit: number): Promise<readonly DueSecret[]> {
    const rows = this.db.all(
      `SELECT id, account, instance, deletion_due_at AS due_at FROM secrets
       WHERE deletion_due_at <= ? ORDER BY deletion_due_at, id LIMIT ?`,
      now,
      limit,
    );
    return rows.map(dueOf);
  }

  async rotation(secretId: string): Promise<RotationUnderWay | undefined> {
    const row = this.db.get("SELECT * FROM rotations_under_way WHERE secret_id = ?", secretId);
    return row && rotationOf(row);
  }

  async dueRotationSteps(now: Millis, limit: number): Promise<readonly DueSecret[]> {
    const rows = this.db.all(
      `SELECT s.id, s.account, s.instance, r.due_at FROM rotations_under_way r JOIN secrets s ON s.id = r.secret_id
       WHERE r.due_at <= ? ORDER BY r.due_at, s.id LIMIT ?`,
      now,
      limit,
    );
    return rows.map(dueOf);
  }

  async secrets(at: Instance, query: SecretQuery): Promise<Page<ListedSecret>> {
    const { where, values } = filterOf(at, query);
    const { field, descending } = sortOf(query.sort);
    const direction = descending ? "DESC" : "ASC";
    const rows = this.db.all(
      `SELECT s.*, k.*, ${RETRIEVED} AS retrieved_at FROM secrets s JOIN data_keys k ON k.owner = s.id
       WHERE ${where} ORDER BY ${secretColumns[field]} ${direction}, s.id ${direction} LIMIT ? OFFSET ?`,
      ...values,
      query.page.limit,
      query.page.offset,
    );
    return {
      totalCount: this.#count(`secrets s WHERE ${where}`, values),
      items: rows.map((row) => ({
        secret: secretOf(row),
        retrievedAt: numberOf(row["retrieved_at"]),
      })),
    };
  }

  async describedSecrets(at: Instance, query: DescribedQuery): Promise<readonly DescribedSecret[]> {
    return describedSecrets(this.db, at, query);
  }

  async countInGroup(at: Instance, groupId: string): Promise<number> {
    const values = [at.account, at.instance, groupId];
    return this.#count("secrets WHERE account = ? AND instance = ? AND group_id = ?", values);
  }

  async countInAccount(account: string): Promise<number> {
    return this.#count("secrets WHERE account = ? AND deletion_due_at IS NULL", [account]);
  }

  async isMadeWith(at: Instance, type: SecretType, configuration: string): Promise<boolean> {
    const sql = `SELECT 1 FROM secrets WHERE account = ? AND instance = ? AND type = ? AND state <> ?
      AND EXISTS (SELECT 1 FROM json_each(secrets.attributes)
        WHERE key IN (${CONFIGURATION_ATTRIBUTES}) AND value = ?) LIMIT 1`;
    const { account, instance } = at;
    const row = this.db.get(sql, account, instance, type, DESTROYED, configuration);
    return row !== undefined;
  }

  async contentsOf(at: Instance): Promise<Contents> {
    return contentsOf(this.db, at);
  }

  async version(secret: Secret, selector: VersionSelector): Promise<Version | undefined> {
    const [column, value] =
      selector.versionId === undefined
        ? (["number", numberFor(secret, selector)] as const)
        : (["id", selector.versionId] as const);
    return this.#versions.get(`${secret.id} ${column} ${value}`, () => {
      const sql = `SELECT * FROM versions WHERE secret_id = ? AND ${column} = ?`;
      const row = this.db.get(sql, secret.id, value);
      return row && versionOf(row);
    });
  }

  async versions(secret: Secret): Promise<readonly Version[]> {
    const sql = "SELECT * FROM versions WHERE secret_id = ? ORDER BY number DESC";
    return this.db.all(sql, secret.id).map(versionOf);
  }

  async payload(version: Version): Promise<SealedValue | undefined> {
    const { secretId, id } = version;
    return this.#payloads.get(`${secretId} ${id}`, () => {
      const sql = "SELECT sealed FROM payloads WHERE secret_id = ? AND version_id = ?";
      const row = this.db.get(sql, secretId, id);
      return row && (row["sealed"] as Uint8Array);
    });
  }

  async group(at: Instance, id: string): Promise<SecretGroup | undefined> {
    const sql = "SELECT * FROM secret_groups WHERE account = ? AND instance = ? AND id = ?";
    const row = this.db.get(sql, at.account, at.instance, id);
    return row && groupOf(row);
  }

  async groupNamed(at: Instance, name: string): Promise<SecretGroup | undefined> {
    const sql = "SELECT * FROM secret_groups WHERE account = ? AND instance = ? AND name = ?";
    const row = this.db.get(sql, at.account, at.instance, name);
    return row && groupOf(row);
  }

  async groups(at: Instance): Promise<readonly SecretGroup[]> {
    const sql =
      "SELECT * FROM secret_groups WHERE account = ? AND instance = ? ORDER BY created_at, id";
    return this.db.all(sql, at.account, at.instance).map(groupOf);
  }

  async locksOf(secretId: string): Promise<readonly Lock[]> {
    const sql = "SELECT * FROM locks WHERE secret_id = ? ORDER BY created_at, name";
    return this.db.all(sql, secretId).map(lockOf);
  }

  async locks(query: LockQuery): Promise<Page<Lock>> {
    const filters = [{ where: "secret_id = ?", value: query.secretId as Value }];
    if (query.versionId !== undefined) {
      filters.push({ where: "version_id = ?", value: query.versionId });
    }
    if (query.search !== undefined) {
      filters.push({ where: "instr(search_text, ?) > 0", value: query.search.toLowerCase() });
    }
    const where = filters.map((filter) => filter.where).join(" AND ");
    const values = filters.map((filter) => filter.value);
    const { field, descending } = sortOf(query.sort);
    const direction = descending ? "DESC" : "ASC";
    const rows = this.db.all(
      `SELECT * FROM locks WHERE ${where}
       ORDER BY ${lockColumns[field]} ${direction}, name ${direction}, version_number LIMIT ? OFFSET ?`,
      ...values,
      query.page.limit,
      query.page.offset,
    );
    return { totalCount: this.#count(`locks WHERE ${where}`, values), items: rows.map(lockOf) };
  }

  async lockedSecrets(at: Instance, filter: SecretFilter, page: PageOf): Promise<Page<Secret>> {
    const { where, values } = filterOf(at, filter);
    const locked = `${where} AND s.locks_total > 0`;
    const rows = this.db.all(
      `${SECRETS} WHERE ${locked} ORDER BY s.name, s.id LIMIT ? OFFSET ?`,
      ...values,
      page.limit,
      page.offset,
    );
    return {
      totalCount: this.#count(`secrets s WHERE ${locked}`, values),
      items: rows.map(secretOf),
    };
  }

  async retrievals(secretId: string): Promise<ReadonlyMap<string, Millis>> {
    const sql = "SELECT version_id, retrieved_at FROM retrievals WHERE secret_id = ?";
    const rows = this.db.all(sql, secretId);
    return new Map(rows.map((row) => [String(row["version_id"]), Number(row["retrieved_at"])]));
  }

  async retrievalsPosition(): Promise<number> {
    return Number(this.db.get("SELECT position FROM retrievals_position")?.["position"] ?? 0);
  }

  async dueRotations(now: Millis, limit: number): Promise<readonly DueSecret[]> {
    return this.#toRotate(`NOT ${HAS_ROTATOR}`, now, limit);
  }

  async dueRotatorRotations(now: Millis, limit: number): Promise<readonly DueSecret[]> {
    return this.#toRotate(HAS_ROTATOR, now, limit);
  }

  /** What waits to be deleted is not rotated; when it is restored, it is due. */
  #toRotate(which: string, now: Millis, limit: number): readonly DueSecret[] {
    const rows = this.db.all(
      `SELECT id, account, instance, next_rotation_at AS due_at FROM secrets
       WHERE next_rotation_at <= ? AND deletion_due_at IS NULL AND ${which}
       ORDER BY next_rotation_at, id LIMIT ?`,
      now,
      limit,
    );
    return rows.map(dueOf);
  }

  async dueExpirations(now: Millis, limit: number): Promise<readonly DueSecret[]> {
    const rows = this.db.all(
      `${expiring(ACTIVE)} UNION ALL ${expiring(DEACTIVATED)} ORDER BY due_at, id LIMIT ?`,
      now,
      now,
      limit,
    );
    return rows.map(dueOf);
  }

  async dueExpiryNotices(now: Millis, limit: number): Promise<readonly DueSecret[]> {
    const rows = this.db.all(
      `SELECT id, account, instance, expiry_notice_at AS due_at FROM secrets
       WHERE state = 1 AND expiry_notice_at <= ? AND replica_of IS NULL AND (expires_at > ? OR NOT (${EXPIRING})) AND deletion_due_at IS NULL
       ORDER BY expiry_notice_at, id LIMIT ?`,
      now,
      now,
      limit,
    );
    return rows.map(dueOf);
  }

  async expiryNoticeAt(secretId: string): Promise<Millis | null> {
    const row = this.db.get("SELECT expiry_notice_at FROM secrets WHERE id = ?", secretId);
    return numberOf(row?.["expiry_notice_at"]);
  }

  async rootKeyCheck(): Promise<RootKeyCheck | undefined> {
    const row = this.db.get("SELECT root_key_id, sealed FROM root_key_check");
    return row && { rootKeyId: String(row["root_key_id"]), sealed: row["sealed"] as Uint8Array };
  }

  async rootKeysInUse(): Promise<readonly string[]> {
    const rows = this.db.all("SELECT DISTINCT root_key_id FROM data_keys");
    return rows.map((row) => String(row["root_key_id"]));
  }

  async countDataKeysNotUnder(rootKeyId: string): Promise<number> {
    return this.#count("data_keys WHERE root_key_id <> ?", [rootKeyId]);
  }

  async dataKeysNotUnder(rootKeyId: string, limit: number): Promise<readonly DataKey[]> {
    const sql = "SELECT * FROM data_keys WHERE root_key_id <> ? LIMIT ?";
    return this.db.all(sql, rootKeyId, limit).map(dataKeyOf);
  }

  async dataKeyOf(owner: string): Promise<WrappedKey | undefined> {
    const row = this.db.get("SELECT * FROM data_keys WHERE owner = ?", owner);
    return row && dataKeyOf(row).key;
  }

  #count(fromWhere: string, values: readonly Value[]): number {
    return Number(this.db.get(`SELECT count(*) AS n FROM ${fromWhere}`, ...values)?.["n"]);
  }
}
