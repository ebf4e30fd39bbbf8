/** Issuances of public certificates on SQLite. */
import type { Millis } from "../../kernel/clock.ts";
import type {
  DueIssuance,
  Issuance,
  IssuanceStage,
  IssuanceStore,
} from "../../secrets/issuance.ts";
import type { JsonObject } from "../../secrets/json.ts";
import type { Database, Row } from "./database.ts";
import { atOf, bytesOf, jsonText, numberOf, textOf } from "./secrets-rows.ts";

export class SqliteIssuanceStore implements IssuanceStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async issuance(secretId: string): Promise<Issuance | undefined> {
    const row = this.#db.get("SELECT * FROM issuances WHERE secret_id = ?", secretId);
    return row && issuanceOf(row);
  }

  async dueIssuances(now: Millis, limit: number): Promise<readonly DueIssuance[]> {
    const sql = "SELECT * FROM issuances WHERE due_at <= ? ORDER BY due_at, secret_id LIMIT ?";
    return this.#db.all(sql, now, limit).map(dueOf);
  }

  async putIssuance(issuance: Issuance): Promise<void> {
    this.#db.run(
      `INSERT OR REPLACE INTO issuances (secret_id, id, account, instance, stage, since, due_at, attempts,
         auto_rotated, rotates_keys, order_url, order_expires_at, key, failures, version_custom_metadata)
       VALUES (${"?, ".repeat(14)}?)`,
      issuance.secretId,
      issuance.id,
      issuance.at.account,
      issuance.at.instance,
      issuance.stage,
      issuance.since,
      issuance.dueAt,
      issuance.attempts,
      issuance.autoRotated ? 1 : 0,
      issuance.rotatesKeys ? 1 : 0,
      issuance.orderUrl,
      issuance.orderExpiresAt,
      issuance.key,
      issuance.failures,
      jsonText(issuance.versionCustomMetadata),
    );
  }
}

function dueOf(row: Row): DueIssuance {
  return {
    id: String(row["id"]),
    secretId: String(row["secret_id"]),
    at: atOf(row),
    stage: String(row["stage"]) as IssuanceStage,
  };
}

function issuanceOf(row: Row): Issuance {
  const metadata = textOf(row["version_custom_metadata"]);
  return {
    ...dueOf(row),
    since: Number(row["since"]),
    attempts: Number(row["attempts"]),
    dueAt: numberOf(row["due_at"]),
    autoRotated: row["auto_rotated"] === 1,
    rotatesKeys: row["rotates_keys"] === 1,
    orderUrl: textOf(row["order_url"]),
    orderExpiresAt: numberOf(row["order_expires_at"]),
    key: bytesOf(row["key"]),
    failures: Number(row["failures"]),
    versionCustomMetadata: metadata === null ? null : (JSON.parse(metadata) as JsonObject),
  };
}
