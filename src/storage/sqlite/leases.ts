/** Leases on SQLite. */
import type { Millis } from "../../kernel/clock.ts";
import type { Lease, LeaseStore } from "../../secrets/lease.ts";
import type { Database, Row } from "./database.ts";
import { atOf, numberOf, textOf } from "./secrets-rows.ts";

export class SqliteLeaseStore implements LeaseStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async leasesOf(secretId: string): Promise<readonly Lease[]> {
    return this.#db
      .all("SELECT * FROM leases WHERE secret_id = ? ORDER BY rowid", secretId)
      .map(leaseOf);
  }

  async leasesOn(serviceId: string): Promise<readonly Lease[]> {
    return this.#db
      .all("SELECT * FROM leases WHERE service_id = ? ORDER BY rowid", serviceId)
      .map(leaseOf);
  }

  async dueLeases(now: Millis, limit: number): Promise<readonly Lease[]> {
    const sql = `SELECT * FROM leases WHERE expires_at <= ?
      AND NOT EXISTS (SELECT 1 FROM locks l WHERE l.secret_id = leases.secret_id AND l.version_id = leases.version_id)
      ORDER BY expires_at, id LIMIT ?`;
    return this.#db.all(sql, now, limit).map(leaseOf);
  }

  async insertLease(lease: Lease): Promise<void> {
    this.#db.run(
      `INSERT INTO leases (id, account, instance, secret_id, version_id, api_key_id, service_id, owns_service_id,
         policy_id, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      lease.id,
      lease.at.account,
      lease.at.instance,
      lease.secretId,
      lease.versionId,
      lease.apiKeyId,
      lease.serviceId,
      Number(lease.ownsServiceId),
      lease.policyId,
      lease.expiresAt,
    );
  }

  async moveLease(id: string, versionId: string): Promise<void> {
    this.#db.run("UPDATE leases SET version_id = ? WHERE id = ?", versionId, id);
  }

  async deleteLease(id: string): Promise<void> {
    this.#db.run("DELETE FROM leases WHERE id = ?", id);
  }
}

function leaseOf(row: Row): Lease {
  return {
    id: String(row["id"]),
    at: atOf(row),
    secretId: String(row["secret_id"]),
    versionId: textOf(row["version_id"]),
    apiKeyId: String(row["api_key_id"]),
    serviceId: String(row["service_id"]),
    ownsServiceId: row["owns_service_id"] === 1,
    policyId: textOf(row["policy_id"]),
    expiresAt: numberOf(row["expires_at"]),
  };
}
