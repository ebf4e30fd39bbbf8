/** The identities on SQLite. Grants and credentials are remembered for as long as the tables' stamp stands. */
import { initialSettings, type AccountSettings } from "../../identity/account-settings.ts";
import type { Account, Instance } from "../../identity/account.ts";
import type { ApiKey, Credential, Principal } from "../../identity/api-key.ts";
import type { Access, Grant, PolicyResource } from "../../identity/authorize.ts";
import { administersAccount, type Policy } from "../../identity/policy.ts";
import type { ServiceId } from "../../identity/service-id.ts";
import type { IdentityStore, Listed, UserQuery, Window } from "../../identity/store.ts";
import { isActingProfile } from "../../identity/trusted-profile.ts";
import { isUserId, type User } from "../../identity/user.ts";
import type { Database, Row } from "./database.ts";
import { RememberedGrants } from "./grants.ts";
import { IdentityMemory, IdentityStamp } from "./identity-memory.ts";
import {
  accountOf,
  apiKeyOf,
  instanceColumns,
  instanceOf,
  policyOf,
  serviceIdOf,
  settingsOf,
  userOf,
} from "./identity-rows.ts";
import { apiKeyWalks, serviceIdWalks } from "./identity-walks.ts";
import { policyWalks } from "./policy-walks.ts";
import { profileOf } from "./profiles.ts";
import { Remembered } from "./remembered.ts";
import { list, one, put } from "./table.ts";
import { foundUsers } from "./user-search.ts";

export class SqliteIdentityStore implements IdentityStore {
  readonly walkApiKeys: IdentityStore["walkApiKeys"];
  readonly walkServiceIds: IdentityStore["walkServiceIds"];
  readonly walkPolicies: IdentityStore["walkPolicies"];
  readonly #db: Database;
  readonly #stamp: IdentityStamp;
  readonly #grants: RememberedGrants;
  readonly #credentials: IdentityMemory<Credential | undefined>;
  readonly #principals: IdentityMemory<Principal | undefined>;
  readonly #settings: IdentityMemory<AccountSettings>;
  /** Places of calls: no decision, hence under no stamp. */
  readonly #instances: Remembered<Instance | undefined>;
  readonly #instancesOf: Remembered<readonly Instance[]>;

  constructor(database: Database, stamp = new IdentityStamp(database)) {
    this.#db = database;
    this.walkApiKeys = apiKeyWalks(database);
    this.walkServiceIds = serviceIdWalks(database);
    this.walkPolicies = policyWalks(database);
    this.#stamp = stamp;
    this.#grants = new RememberedGrants(database, stamp);
    this.#credentials = new IdentityMemory(stamp);
    this.#principals = new IdentityMemory(stamp);
    this.#settings = new IdentityMemory(stamp);
    this.#instances = new Remembered(database);
    this.#instancesOf = new Remembered(database);
  }

  async stamp(): Promise<string> {
    return this.#stamp.current;
  }

  async grantsOf(iamId: string, account: string, now: number): Promise<readonly Grant[]> {
    return this.#grants.inForce(iamId, account, now);
  }

  async accessOf(iamId: string, account: string, now: number): Promise<Access> {
    const { allowedIpAddresses } = this.#settingsOf(account);
    return { grants: this.#grants.inForce(iamId, account, now), allowedIpAddresses };
  }

  async credential(id: string): Promise<Credential | undefined> {
    return this.#credentials.get(id, () =>
      isUserId(id)
        ? this.#userCredential(id)
        : this.#credential(this.#db.get("SELECT * FROM api_keys WHERE id = ?", id)),
    );
  }

  async credentialByHash(hash: string): Promise<Credential | undefined> {
    return this.#credential(this.#db.get("SELECT * FROM api_keys WHERE hash = ?", hash));
  }

  async settings(account: string): Promise<AccountSettings> {
    return this.#settingsOf(account);
  }

  #settingsOf(account: string): AccountSettings {
    return this.#settings.get(account, () => {
      const sql = "SELECT * FROM account_settings WHERE account = ?";
      const row = this.#db.get(sql, account);
      const initial = initialSettings(account, 0);
      return row ? settingsOf(row, initial) : initial;
    });
  }

  async account(id: string): Promise<Account | undefined> {
    return one(accountOf, this.#db.get("SELECT * FROM accounts WHERE id = ?", id));
  }

  async accounts(): Promise<readonly Account[]> {
    // As they were made, for the reason that `instances` gives: strangers are answered in the first.
    return this.#db.all("SELECT * FROM accounts ORDER BY rowid").map(accountOf);
  }

  async instance(id: string): Promise<Instance | undefined> {
    return this.#instances.get(id, () =>
      one(instanceOf, this.#db.get("SELECT * FROM instances WHERE id = ?", id)),
    );
  }

  async instances(account: string): Promise<readonly Instance[]> {
    // As they were made, also within one millisecond and under a clock that was set back: the first is where plain names lead.
    const sql = "SELECT * FROM instances WHERE account = ? AND home_of IS NULL ORDER BY rowid";
    return this.#instancesOf.get(account, () => this.#db.all(sql, account).map(instanceOf));
  }

  async homeOf(account: string, iamId: string): Promise<Instance | undefined> {
    const sql = "SELECT * FROM instances WHERE account = ? AND home_of = ?";
    return one(instanceOf, this.#db.get(sql, account, iamId));
  }

  async principal(account: string, iamId: string): Promise<Principal | undefined> {
    return this.#principals.get(`${account} ${iamId}`, () => this.#principal(account, iamId));
  }

  async userByEmail(account: string, email: string): Promise<User | undefined> {
    const sql = "SELECT * FROM users WHERE account = ? AND email = ?";
    return one(userOf, this.#db.get(sql, account, email));
  }

  async users(account: string, window: Window, query?: UserQuery): Promise<Listed<User>> {
    return foundUsers(this.#db, account, { window, ...query });
  }

  async serviceId(account: string, id: string): Promise<ServiceId | undefined> {
    const sql = "SELECT * FROM service_ids WHERE account = ? AND id = ?";
    return one(serviceIdOf, this.#db.get(sql, account, id));
  }

  async serviceIds(account: string, window: Window, name?: string): Promise<Listed<ServiceId>> {
    return list(this.#db, serviceIdOf, {
      table: "service_ids",
      id: "id",
      where: name === undefined ? "account = ?" : "account = ? AND name = ?",
      values: name === undefined ? [account] : [account, name],
      window,
    });
  }

  async apiKey(account: string, id: string): Promise<ApiKey | undefined> {
    const sql = "SELECT * FROM api_keys WHERE account = ? AND id = ?";
    return one(apiKeyOf, this.#db.get(sql, account, id));
  }

  async apiKeyOfAccessKey(account: string, accessKeyId: string): Promise<ApiKey | undefined> {
    const sql = `SELECT k.* FROM access_keys a JOIN api_keys k ON k.id = a.api_key
      WHERE a.id = ? AND k.account = ?`;
    return one(apiKeyOf, this.#db.get(sql, accessKeyId, account));
  }

  async apiKeys(
    account: string,
    iamId: string | undefined,
    window: Window,
  ): Promise<Listed<ApiKey>> {
    return list(this.#db, apiKeyOf, {
      table: "api_keys",
      id: "id",
      where: iamId === undefined ? "account = ?" : "account = ? AND iam_id = ?",
      values: iamId === undefined ? [account] : [account, iamId],
      window,
    });
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
    return list(this.#db, policyOf, {
      table: "policies",
      id: "id",
      where: subject === undefined ? "account = ?" : "account = ? AND subject = ?",
      values: subject === undefined ? [account] : [account, subject],
      window,
    });
  }

  async policiesOn(
    account: string,
    subject: string,
    resource: PolicyResource,
  ): Promise<readonly Policy[]> {
    const sql = "SELECT * FROM policies WHERE account = ? AND subject = ? AND resource = ?";
    return this.#db.all(sql, account, subject, JSON.stringify(resource)).map(policyOf);
  }

  async policiesInForce(
    account: string,
    afterId: string,
    limit: number,
  ): Promise<readonly Policy[]> {
    const sql = `SELECT * FROM policies WHERE account = ? AND state = 'active' AND id > ?
      ORDER BY id LIMIT ?`;
    return this.#db.all(sql, account, afterId, limit).map(policyOf);
  }

  async administration(account: string): Promise<readonly Policy[]> {
    return this.#db
      .all("SELECT * FROM policies WHERE account = ? AND resource = '{}'", account)
      .map(policyOf)
      .filter(administersAccount);
  }

  async putAccount({ id, name, createdAt, isHandedOver }: Account): Promise<void> {
    put(
      this.#db,
      { table: "accounts", keys: ["id"] },
      {
        id,
        name,
        created_at: createdAt,
        handed_over: Number(isHandedOver),
      },
    );
  }

  async putInstance(instance: Instance): Promise<void> {
    put(this.#db, { table: "instances", keys: ["id"] }, instanceColumns(instance));
  }

  async deleteInstance(id: string): Promise<void> {
    this.#db.run("DELETE FROM instances WHERE id = ?", id);
  }

  async putUser(user: User): Promise<void> {
    put(
      this.#db,
      { table: "users", keys: ["iam_id"] },
      {
        iam_id: user.iamId,
        account: user.account,
        email: user.email,
        name: user.name,
        state: user.state,
        is_owner: Number(user.isOwner),
        realm: user.realm,
        sessions_since: user.sessionsSince,
        created_at: user.createdAt,
        created_by: user.createdBy,
      },
    );
  }

  async deleteUser(account: string, iamId: string): Promise<void> {
    this.#db.run("DELETE FROM users WHERE account = ? AND iam_id = ?", account, iamId);
    this.#db.run("DELETE FROM sessions WHERE account = ? AND iam_id = ?", account, iamId);
  }

  async putServiceId(serviceId: ServiceId): Promise<void> {
    put(
      this.#db,
      { table: "service_ids", keys: ["id"] },
      {
        id: serviceId.id,
        iam_id: serviceId.iamId,
        account: serviceId.account,
        name: serviceId.name,
        description: serviceId.description,
        unique_instance_crns: JSON.stringify(serviceId.uniqueInstanceCrns),
        locked: Number(serviceId.locked),
        entity_tag: serviceId.entityTag,
        created_at: serviceId.createdAt,
        created_by: serviceId.createdBy,
        modified_at: serviceId.modifiedAt,
      },
    );
  }

  async deleteServiceId(account: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM service_ids WHERE account = ? AND id = ?", account, id);
  }

  async putApiKey(key: ApiKey, hash?: string): Promise<void> {
    const held = hash ?? this.#db.get("SELECT hash FROM api_keys WHERE id = ?", key.id)?.["hash"];
    if (held === undefined) throw new TypeError("a new API key comes with its hash");
    put(
      this.#db,
      { table: "api_keys", keys: ["id"] },
      {
        id: key.id,
        hash: held,
        account: key.account,
        iam_id: key.iamId,
        name: key.name,
        description: key.description,
        access_key_id: key.accessKeyId,
        locked: Number(key.locked),
        disabled: Number(key.disabled),
        expires_at: key.expiresAt,
        action_when_leaked: key.actionWhenLeaked,
        support_sessions: Number(key.supportSessions),
        sessions_since: key.sessionsSince,
        entity_tag: key.entityTag,
        created_at: key.createdAt,
        created_by: key.createdBy,
        modified_at: key.modifiedAt,
      },
    );
  }

  async deleteApiKey(account: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM api_keys WHERE account = ? AND id = ?", account, id);
    // Refresh tokens go with their sessions' rows; access tokens name the key, which is gone.
    this.#db.run("DELETE FROM sessions WHERE account = ? AND credential_id = ?", account, id);
  }

  async putPolicy(policy: Policy): Promise<void> {
    put(
      this.#db,
      { table: "policies", keys: ["id"] },
      {
        id: policy.id,
        account: policy.account,
        subject: policy.subject,
        roles: JSON.stringify(policy.roles),
        resource: JSON.stringify(policy.resource),
        description: policy.description,
        state: policy.state,
        entity_tag: policy.entityTag,
        modified_at: policy.modifiedAt,
        modified_by: policy.modifiedBy,
        created_at: policy.createdAt,
        created_by: policy.createdBy,
      },
    );
  }

  async deletePolicy(account: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM policies WHERE account = ? AND id = ?", account, id);
  }

  async putSettings(settings: AccountSettings): Promise<void> {
    put(
      this.#db,
      { table: "account_settings", keys: ["account"] },
      {
        account: settings.account,
        settings: JSON.stringify(settings),
        public_access: Number(settings.publicAccess),
      },
    );
  }

  #userCredential(iamId: string): Credential | undefined {
    const owner = one(userOf, this.#db.get("SELECT * FROM users WHERE iam_id = ?", iamId));
    return owner && { key: null, owner };
  }

  #credential(row: Row | undefined): Credential | undefined {
    if (!row) return undefined;
    const key = apiKeyOf(row);
    const owner = this.#principal(key.account, key.iamId);
    return owner && owner.kind !== "profile" ? { key, owner } : undefined;
  }

  #principal(account: string, iamId: string): Principal | undefined {
    const user = this.#db.get(
      "SELECT * FROM users WHERE account = ? AND iam_id = ?",
      account,
      iamId,
    );
    if (user) return userOf(user);
    const table = isActingProfile(iamId) ? "profiles" : "service_ids";
    const sql = `SELECT * FROM ${table} WHERE account = ? AND iam_id = ?`;
    const row = this.#db.get(sql, account, iamId);
    return row && (table === "profiles" ? profileOf(row) : serviceIdOf(row));
  }
}
