/** The configurations of instances on SQLite. */
import type { Millis } from "../../kernel/clock.ts";
import {
  CONFIGURATION_TYPES,
  type Configuration,
  type ConfigurationAttributes,
  type ConfigurationType,
} from "../../secrets/configurations/configuration.ts";
import type {
  ConfigurationQuery,
  ConfigurationSortField,
  ConfigurationStore,
  RevokedCertificate,
} from "../../secrets/configurations/store.ts";
import { sortOf, type Page } from "../../secrets/paging.ts";
import type { Instance } from "../../secrets/secret.ts";
import type { Database, Row, Value } from "./database.ts";
import { atOf, bytesOf, dataKeyOf, searchText } from "./secrets-rows.ts";

const CONFIGURATIONS = "SELECT c.*, k.* FROM configurations c JOIN data_keys k ON k.owner = c.id";

const columns: Readonly<Record<ConfigurationSortField, string>> = {
  type: "c.type",
  secretType: "c.secret_type",
  name: "c.name",
};

export class SqliteConfigurationStore implements ConfigurationStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async configuration(at: Instance, name: string): Promise<Configuration | undefined> {
    const sql = `${CONFIGURATIONS} WHERE c.account = ? AND c.instance = ? AND c.name = ?`;
    const row = this.#db.get(sql, at.account, at.instance, name);
    return row && configurationOf(row);
  }

  async configurations(at: Instance, query: ConfigurationQuery): Promise<Page<Configuration>> {
    const { where, values } = filterOf(at, query);
    const { field, descending } = sortOf(query.sort);
    const direction = descending ? "DESC" : "ASC";
    const rows = this.#db.all(
      `${CONFIGURATIONS} WHERE ${where} ORDER BY ${columns[field]} ${direction}, c.name ${direction} LIMIT ? OFFSET ?`,
      ...values,
      query.page.limit,
      query.page.offset,
    );
    const count = this.#db.get(
      `SELECT count(*) AS n FROM configurations c WHERE ${where}`,
      ...values,
    );
    return { totalCount: Number(count?.["n"]), items: rows.map(configurationOf) };
  }

  async configurationsOf(at: Instance, type: ConfigurationType): Promise<readonly Configuration[]> {
    const sql = `${CONFIGURATIONS} WHERE c.account = ? AND c.instance = ? AND c.type = ? ORDER BY c.created_at, c.name`;
    return this.#db.all(sql, at.account, at.instance, type).map(configurationOf);
  }

  async revokedBy(authority: string, now: Millis): Promise<readonly RevokedCertificate[]> {
    const sql =
      "SELECT * FROM revoked_certificates WHERE authority = ? AND expires_at > ? ORDER BY revoked_at, serial_number";
    return this.#db.all(sql, authority, now).map((row) => ({
      authority,
      serialNumber: String(row["serial_number"]),
      revokedAt: Number(row["revoked_at"]),
      expiresAt: Number(row["expires_at"]),
    }));
  }

  async insertConfiguration(configuration: Configuration): Promise<void> {
    const { id, at, type, name, dataKey } = configuration;
    this.#db.run(
      "INSERT INTO data_keys (owner, account, instance, root_key_id, wrapped) VALUES (?, ?, ?, ?, ?)",
      id,
      at.account,
      at.instance,
      dataKey.rootKeyId,
      dataKey.bytes,
    );
    this.#db.run(
      `INSERT INTO configurations (id, account, instance, type, secret_type, name, attributes, sealed,
         created_by, created_at, updated_at, search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      at.account,
      at.instance,
      type,
      CONFIGURATION_TYPES[type],
      name,
      JSON.stringify(configuration.attributes),
      configuration.sealed,
      configuration.createdBy,
      configuration.createdAt,
      configuration.updatedAt,
      searchText([name, type]),
    );
  }

  async updateConfiguration(configuration: Configuration): Promise<void> {
    this.#db.run(
      "UPDATE configurations SET attributes = ?, sealed = ?, updated_at = ? WHERE id = ?",
      JSON.stringify(configuration.attributes),
      configuration.sealed,
      configuration.updatedAt,
      configuration.id,
    );
  }

  async deleteConfiguration(id: string): Promise<void> {
    this.#db.run("DELETE FROM configurations WHERE id = ?", id);
    this.#db.run("DELETE FROM data_keys WHERE owner = ?", id);
  }

  async addRevoked(certificate: RevokedCertificate): Promise<void> {
    this.#db.run(
      `INSERT OR IGNORE INTO revoked_certificates (authority, serial_number, revoked_at, expires_at)
       VALUES (?, ?, ?, ?)`,
      certificate.authority,
      certificate.serialNumber,
      certificate.revokedAt,
      certificate.expiresAt,
    );
  }
}

function filterOf(
  at: Instance,
  { search, secretTypes }: ConfigurationQuery,
): { readonly where: string; readonly values: readonly Value[] } {
  const filters = ["c.account = ? AND c.instance = ?"];
  const values: Value[] = [at.account, at.instance];
  if (search !== undefined) {
    filters.push("instr(c.search_text, ?) > 0");
    values.push(search.toLowerCase());
  }
  if (secretTypes) {
    filters.push("c.secret_type IN (SELECT value FROM json_each(?))");
    values.push(JSON.stringify(secretTypes));
  }
  return { where: filters.join(" AND "), values };
}

function configurationOf(row: Row): Configuration {
  return {
    id: String(row["id"]),
    at: atOf(row),
    type: String(row["type"]) as ConfigurationType,
    name: String(row["name"]),
    attributes: JSON.parse(String(row["attributes"])) as ConfigurationAttributes,
    sealed: bytesOf(row["sealed"]),
    dataKey: dataKeyOf(row).key,
    createdBy: String(row["created_by"]),
    createdAt: Number(row["created_at"]),
    updatedAt: Number(row["updated_at"]),
  };
}
