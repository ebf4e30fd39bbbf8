/** Tasks of custom credentials on SQLite. */
import type { Millis } from "../../kernel/clock.ts";
import type { JsonObject } from "../../secrets/json.ts";
import type { Instance } from "../../secrets/secret.ts";
import type {
  DueCredentials,
  DueTask,
  Task,
  TaskStatus,
  TaskStore,
  TaskTrigger,
  TaskType,
  Undertaking,
} from "../../secrets/task.ts";
import type { Database, Row } from "./database.ts";
import { atOf, bytesOf, jsonText, numberOf, textOf } from "./secrets-rows.ts";

export class SqliteTaskStore implements TaskStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async undertaking(account: string, id: string): Promise<Undertaking | undefined> {
    const sql = `SELECT 'task' AS kind, secret_id, account, instance FROM tasks WHERE account = ?1 AND id = ?2
      UNION ALL SELECT 'issuance', secret_id, account, instance FROM issuances WHERE account = ?1 AND id = ?2
      UNION ALL SELECT 'rotation', s.id, s.account, s.instance
        FROM rotations_under_way r JOIN secrets s ON s.id = r.secret_id WHERE s.account = ?1 AND r.token = ?2
      LIMIT 2`;
    const [found, other] = this.#db.all(sql, account, id);
    if (!found || other) return undefined;
    const kind = String(found["kind"]) as Undertaking["kind"];
    return { kind, secretId: String(found["secret_id"]), at: atOf(found) };
  }

  async task(secretId: string, id: string): Promise<Task | undefined> {
    const row = this.#db.get("SELECT * FROM tasks WHERE id = ? AND secret_id = ?", id, secretId);
    return row && taskOf(row);
  }

  async tasksOf(secretId: string): Promise<readonly Task[]> {
    return this.#db
      .all("SELECT * FROM tasks WHERE secret_id = ? ORDER BY number DESC", secretId)
      .map(taskOf);
  }

  async timedOut(now: Millis, limit: number): Promise<readonly DueTask[]> {
    const sql = "SELECT * FROM tasks WHERE expires_at <= ? ORDER BY expires_at, number LIMIT ?";
    return this.#db.all(sql, now, limit).map(dueOf);
  }

  async dueRetries(now: Millis, limit: number): Promise<readonly DueTask[]> {
    const sql = "SELECT * FROM tasks WHERE retry_at <= ? ORDER BY retry_at, number LIMIT ?";
    return this.#db.all(sql, now, limit).map(dueOf);
  }

  async dueCredentials(now: Millis, limit: number): Promise<readonly DueCredentials[]> {
    const sql = `SELECT v.id AS version_id, s.id AS secret_id, s.account, s.instance
      FROM versions v JOIN secrets s ON s.id = v.secret_id
      WHERE v.has_payload = 1 AND v.expires_at <= ? AND s.type = 'custom_credentials'
        AND NOT EXISTS (SELECT 1 FROM locks l WHERE l.secret_id = v.secret_id AND l.version_id = v.id)
      ORDER BY v.expires_at, v.id LIMIT ?`;
    return this.#db.all(sql, now, limit).map((row) => ({
      versionId: String(row["version_id"]),
      at: atOf(row),
      secretId: String(row["secret_id"]),
    }));
  }

  async isConfigurationInUse({ account, instance }: Instance, name: string): Promise<boolean> {
    const sql = `SELECT 1 FROM secrets WHERE account = ? AND instance = ? AND type = 'custom_credentials'
      AND attributes ->> '$.configuration' = ? LIMIT 1`;
    return this.#db.get(sql, account, instance, name) !== undefined;
  }

  async insertTask(task: Task): Promise<void> {
    this.#db.run(
      `INSERT INTO tasks (id, account, instance, secret_id, type, trigger_name, version_custom_metadata, retries,
         created_by, created_at, status, version_id, credentials_id, errors, updated_by, updated_at, expires_at,
         retry_at) VALUES (${"?, ".repeat(17)}?)`,
      task.id,
      task.at.account,
      task.at.instance,
      task.secretId,
      task.type,
      task.trigger,
      jsonText(task.versionCustomMetadata),
      task.retries,
      task.createdBy,
      task.createdAt,
      ...changeable(task),
    );
  }

  async updateTask(task: Task): Promise<void> {
    this.#db.run(
      `UPDATE tasks SET status = ?, version_id = ?, credentials_id = ?, errors = ?, updated_by = ?, updated_at = ?,
         expires_at = ?, retry_at = ? WHERE id = ?`,
      ...changeable(task),
      task.id,
    );
  }

  async deleteTask(id: string): Promise<void> {
    this.#db.run("DELETE FROM tasks WHERE id = ?", id);
  }
}

/** The columns that an update may change, in the order in which both statements name them. */
function changeable(task: Task) {
  return [
    task.status,
    task.versionId,
    task.credentialsId,
    task.errors,
    task.updatedBy,
    task.updatedAt,
    task.expiresAt,
    task.retryAt,
  ];
}

function taskOf(row: Row): Task {
  return {
    ...dueOf(row),
    type: String(row["type"]) as TaskType,
    trigger: String(row["trigger_name"]) as TaskTrigger,
    status: String(row["status"]) as TaskStatus,
    versionId: textOf(row["version_id"]),
    credentialsId: textOf(row["credentials_id"]),
    errors: bytesOf(row["errors"]),
    versionCustomMetadata: metadataOf(textOf(row["version_custom_metadata"])),
    retries: Number(row["retries"]),
    createdBy: String(row["created_by"]),
    createdAt: Number(row["created_at"]),
    updatedBy: String(row["updated_by"]),
    updatedAt: Number(row["updated_at"]),
    expiresAt: numberOf(row["expires_at"]),
    retryAt: numberOf(row["retry_at"]),
  };
}

function dueOf(row: Row): DueTask {
  return { id: String(row["id"]), at: atOf(row), secretId: String(row["secret_id"]) };
}

function metadataOf(text: string | null): JsonObject | null {
  return text === null ? null : (JSON.parse(text) as JsonObject);
}
