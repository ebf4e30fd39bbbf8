/** The identities on SQLite. Grants and credentials are remembered for as long as the tables' stamp stands. */
import type { Account, Instance } from "../../identity/account.ts";
import type { ApiKey, Credential, Principal } from "../../identity/api-key.ts";
import type { Grant } from "../../identity/authorize.ts";
import { administersAccount, type Policy } from "../../identity/policy.ts";
import type { RefreshToken } from "../../identity/refresh-token.ts";
import type { ServiceId } from "../../identity/service-id.ts";
import type { IdentityStore, Listed, Window } from "../../identity/store.ts";
import type { User } from "../../identity/user.ts";
import type { Database, Row, Value } from "./database.ts";
import {
  accountOf,
  apiKeyOf,
  instanceOf,
  policyOf,
  refreshTokenOf,
  serviceIdOf,
  userOf,
} from "./identity-rows.ts";
import { Remembered } from "./remembered.ts";

/** What is remembered of each kind; when it is full everything is forgotten and asked for again. */
export const MAX_REMEMBERED = 10_000;
/** How many expired refresh tokens one login clears away. */
export const MAX_FORGOTTEN_AT_ONCE = 100;

export class SqliteIdentityStore implements IdentityStore {
  readonly #db: Database;
  #changes = -1;
  #stamp: Value | undefined;
  readonly #grants = new Map<string, { readonly value: readonly Grant[] }>();
  readonly #credentials = new Map<string, { readonly value: Credential | undefined }>();

  /** Places of calls: no decision, hence under no stamp. */
  readonly #instances: Remembered<Instance | undefined>;
  readonly #instancesOf: Remembered<readonly Instance[]>;

  constructor(database: Database) {
    this.#db = database;
    this.#instances = new Remembered(database);
    this.#instancesOf = new Remembered(database);
  }

  async grantsOf(iamId: string, account: string): Promise<readonly Grant[]> {
    return this.#remembered(this.#grants, `${account} ${iamId}`, () =>
      this.#db
        .all("SELECT * FROM policies WHERE account = ? AND subject = ?", account, iamId)
        .map(policyOf),
    );
  }

  async credential(apiKeyId: string): Promise<Credential | undefined> {
    return this.#remembered(this.#credentials, apiKeyId, () =>
      this.#credential(this.#db.get("SELECT * FROM api_keys WHERE id = ?", apiKeyId)),
    );
  }

  async credentialByHash(hash: string): Promise<Credential | undefined> {
    return this.#credential(this.#db.get("SELECT * FROM api_keys WHERE hash = ?", hash));
  }

  async account(id: string): Promise<Account | undefined> {
    return one(accountOf, this.#db.get("SELECT * FROM accounts WHERE id = ?", id));
  }

  async accounts(): Promise<readonly Account[]> {
    return this.#db.all("SELECT * FROM accounts ORDER BY created_at, id").map(accountOf);
  }

  async instance(id: string): Promise<Instance | undefined> {
    return this.#instances.get(id, () =>
      one(instanceOf, this.#db.get("SELECT * FROM instances WHERE id = ?", id)),
    );
  }

  async instances(account: string): Promise<readonly Instance[]> {
    const sql = "SELECT * FROM instances WHERE account = ? ORDER BY created_at, id";
    return this.#instancesOf.get(account, () => this.#db.all(sql, account).map(instanceOf));
  }

  async principal(account: string, iamId: string): Promise<Principal | undefined> {
    return this.#principal(account, iamId);
  }

  async userByEmail(account: string, email: string): Promise<User | undefined> {
    const sql = "SELECT * FROM users WHERE account = ? AND email = ?";
    return one(userOf, this.#db.get(sql, account, email));
  }

  async users(account: string, window: Window): Promise<Listed<User>> {
    return this.#list(userOf, { table: "users", id: "iam_id", where: { account }, window });
  }

  async serviceId(account: string, id: string): Promise<ServiceId | undefined> {
    const sql = "SELECT * FROM service_ids WHERE account = ? AND id = ?";
    return one(serviceIdOf, this.#db.get(sql, account, id));
  }

  async serviceIds(account: string, window: Window): Promise<Listed<ServiceId>> {
    return this.#list(serviceIdOf, { table: "service_ids", id: "id", where: { account }, window });
  }

  async apiKey(account: string, id: string): Promise<ApiKey | undefined> {
    const sql = "SELECT * FROM api_keys WHERE account = ? AND id = ?";
    return one(apiKeyOf, this.#db.get(sql, account, id));
  }

  async apiKeys(
    account: string,
    iamId: string | undefined,
    window: Window,
  ): Promise<Listed<ApiKey>> {
    const where = iamId === undefined ? { account } : { account, iam_id: iamId };
    return this.#list(apiKeyOf, { table: "api_keys", id: "id", where, window });
  }

  async policy(account: string, id: string): Promise<Policy | undefined> {
    const sql = "SELECT * FROM policies WHERE account = ? AND id = ?";
    return one(policyOf, this.#db.get(sql, account, id));
  }

  async policies(
    account: string,
    subject: string | undefined,
    window: Window,
  ): Promise<Listed<Policy>> {
    const where = subject === undefined ? { account } : { account, subject };
    return this.#list(policyOf, { table: "policies", id: "id", where, window });
  }

  async administration(account: string): Promise<readonly Policy[]> {
    return this.#db
      .all("SELECT * FROM policies WHERE account = ? AND resource = '{}'", account)
      .map(policyOf)
      .filter(administersAccount);
  }

  async refreshToken(hash: string): Promise<RefreshToken | undefined> {
    return one(refreshTokenOf, this.#db.get("SELECT * FROM refresh_tokens WHERE hash = ?", hash));
  }

  async credentialOfSession(session: string): Promise<Credential | undefined> {
    const sql = "SELECT credential_id FROM refresh_tokens WHERE session = ? LIMIT 1";
    const id = this.#db.get(sql, session)?.["credential_id"];
    return typeof id === "string" ? this.credential(id) : undefined;
  }

  async putAccount({ id, name, createdAt, isHandedOver }: Account): Promise<void> {
    this.#put("accounts", "id", {
      id,
      name,
      created_at: createdAt,
      handed_over: Number(isHandedOver),
    });
  }

  async putInstance({ id, account, region, name, createdAt }: Instance): Promise<void> {
    this.#put("instances", "id", { id, account, region, name, created_at: createdAt });
  }

  async putUser(user: User): Promise<void> {
    this.#put("users", "iam_id", {
      iam_id: user.iamId,
      account: user.account,
      email: user.email,
      name: user.name,
      state: user.state,
      created_at: user.createdAt,
      created_by: user.createdBy,
    });
  }

  async deleteUser(account: string, iamId: string): Promise<void> {
    this.#db.run("DELETE FROM users WHERE account = ? AND iam_id = ?", account, iamId);
  }

  async putServiceId(serviceId: ServiceId): Promise<void> {
    this.#put("service_ids", "id", {
      id: serviceId.id,
      iam_id: serviceId.iamId,
      account: serviceId.account,
      name: serviceId.name,
      description: serviceId.description,
      locked: Number(serviceId.locked),
      entity_tag: serviceId.entityTag,
      created_at: serviceId.createdAt,
      created_by: serviceId.createdBy,
      modified_at: serviceId.modifiedAt,
    });
  }

  async deleteServiceId(account: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM service_ids WHERE account = ? AND id = ?", account, id);
  }

  async putApiKey(key: ApiKey, hash: string): Promise<void> {
    this.#put("api_keys", "id", {
      id: key.id,
      hash,
      account: key.account,
      iam_id: key.iamId,
      name: key.name,
      description: key.description,
      locked: Number(key.locked),
      disabled: Number(key.disabled),
      expires_at: key.expiresAt,
      entity_tag: key.entityTag,
      created_at: key.createdAt,
      created_by: key.createdBy,
      modified_at: key.modifiedAt,
    });
  }

  async deleteApiKey(account: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM api_keys WHERE account = ? AND id = ?", account, id);
  }

  async putPolicy(policy: Policy): Promise<void> {
    this.#put("policies", "id", {
      id: policy.id,
      account: policy.account,
      subject: policy.subject,
      roles: JSON.stringify(policy.roles),
      resource: JSON.stringify(policy.resource),
      created_at: policy.createdAt,
      created_by: policy.createdBy,
    });
  }

  async deletePolicy(account: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM policies WHERE account = ? AND id = ?", account, id);
  }

  async putRefreshToken(token: RefreshToken): Promise<void> {
    this.#put("refresh_tokens", "hash", {
      hash: token.hash,
      session: token.session,
      client_id: token.clientId,
      credential_id: token.credentialId,
      account: token.account,
      expires_at: token.expiresAt,
      used: Number(token.isUsed),
    });
  }

  async useRefreshToken(hash: string): Promise<void> {
    this.#db.run("UPDATE refresh_tokens SET used = 1 WHERE hash = ?", hash);
  }

  async endSession(session: string): Promise<void> {
    this.#db.run("DELETE FROM refresh_tokens WHERE session = ?", session);
  }

  async forgetRefreshTokens(expiredBefore: number): Promise<void> {
    this.#db.run(
      `DELETE FROM refresh_tokens WHERE hash IN
         (SELECT hash FROM refresh_tokens WHERE expires_at < ? LIMIT ${MAX_FORGOTTEN_AT_ONCE})`,
      expiredBefore,
    );
  }

  #credential(row: Row | undefined): Credential | undefined {
    if (!row) return undefined;
    const key = apiKeyOf(row);
    const owner = this.#principal(key.account, key.iamId);
    return owner && { key, owner };
  }

  #principal(account: string, iamId: string): Principal | undefined {
    const user = this.#db.get(
      "SELECT * FROM users WHERE account = ? AND iam_id = ?",
      account,
      iamId,
    );
    if (user) return userOf(user);
    const sql = "SELECT * FROM service_ids WHERE account = ? AND iam_id = ?";
    return one(serviceIdOf, this.#db.get(sql, account, iamId));
  }

  /** From memory; everything remembered under another stamp is forgotten first. */
  #remembered<T>(memory: Map<string, { readonly value: T }>, key: string, load: () => T): T {
    this.#forgetWhatChanged();
    if (memory.size >= MAX_REMEMBERED) memory.clear();
    let held = memory.get(key);
    if (!held) {
      held = { value: load() };
      memory.set(key, held);
    }
    return held.value;
  }

  /** The stamp is read only where something in the database may have changed since it was read last. */
  #forgetWhatChanged(): void {
    const { changes } = this.#db;
    if (changes === this.#changes) return;
    this.#changes = changes;
    const stamp = this.#db.get("SELECT stamp FROM identity_stamp")?.["stamp"];
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#grants.clear();
    this.#credentials.clear();
  }

  #list<T>(of: (row: Row) => T, { table, id, where, window }: ListQuery): Listed<T> {
    const columns = Object.keys(where);
    const values = Object.values(where);
    const from = `FROM ${table} WHERE ${columns.map((column) => `${column} = ?`).join(" AND ")}`;
    const rows = this.#db.all(
      `SELECT * ${from} ORDER BY created_at, ${id} LIMIT ? OFFSET ?`,
      ...values,
      window.limit,
      window.offset,
    );
    const counted = this.#db.get(`SELECT count(*) AS n ${from}`, ...values);
    return { items: rows.map(of), totalCount: Number(counted?.["n"]) };
  }

  /** Writes a row whole. An update, not a replacement, so that what refers to the row stays. */
  #put(table: string, key: string, row: Readonly<Record<string, Value>>): void {
    const columns = Object.keys(row);
    const others = columns.filter((column) => column !== key);
    this.#db.run(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})
       ON CONFLICT (${key}) DO UPDATE SET ${others.map((column) => `${column} = excluded.${column}`).join(", ")}`,
      ...Object.values(row),
    );
  }
}

/** Names of tables and columns are this file's own; only values come from outside, and are bound. */
interface ListQuery {
  readonly table: string;
  readonly id: string;
  readonly where: Readonly<Record<string, string>>;
  readonly window: Window;
}

function one<T>(of: (row: Row) => T, row: Row | undefined): T | undefined {
  return row && of(row);
}
