/** Trusted profiles on SQLite. */
import type { ProfileStore } from "../../identity/profile-store.ts";
import type { Listed, Window } from "../../identity/store.ts";
import type {
  ComputeResource,
  ProfileIdentity,
  ProfileIdentityKind,
  ProfileLink,
  ProfileOrder,
  ProfileRule,
  TrustedProfile,
} from "../../identity/trusted-profile.ts";
import type { Walk, Walked } from "../../identity/walk.ts";
import type { Database, Row } from "./database.ts";
import { flag, json, list, number, one, put, text } from "./table.ts";
import { walk } from "./walk.ts";

const COLUMNS = {
  name: "name",
  description: "description",
  createdAt: "created_at",
  modifiedAt: "modified_at",
} as const;

export class SqliteProfileStore implements ProfileStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async profile(account: string, id: string): Promise<TrustedProfile | undefined> {
    const sql = "SELECT * FROM profiles WHERE account = ? AND id = ?";
    return one(profileOf, this.#db.get(sql, account, id));
  }

  async profileByName(account: string, name: string): Promise<TrustedProfile | undefined> {
    const sql = "SELECT * FROM profiles WHERE account = ? AND name = ?";
    return one(profileOf, this.#db.get(sql, account, name));
  }

  async otherProfileNamed(
    account: string,
    { id, name }: { readonly id: string; readonly name: string },
  ): Promise<TrustedProfile | undefined> {
    const sql =
      "SELECT * FROM profiles WHERE account = ? AND name = ? COLLATE NOCASE AND id <> ? LIMIT 1";
    return one(profileOf, this.#db.get(sql, account, name, id));
  }

  async profiles(
    account: string,
    name: string | undefined,
    window: Window,
  ): Promise<Listed<TrustedProfile>> {
    return list(this.#db, profileOf, {
      table: "profiles",
      id: "id",
      where: name === undefined ? "account = ?" : "account = ? AND name = ?",
      values: name === undefined ? [account] : [account, name],
      window,
    });
  }

  async walkProfiles(
    account: string,
    name: string | undefined,
    asked: Walk<ProfileOrder>,
  ): Promise<Walked<TrustedProfile>> {
    return walk(this.#db, profileOf, {
      table: "profiles",
      where: name === undefined ? "account = ?" : "account = ? AND name = ?",
      values: name === undefined ? [account] : [account, name],
      columns: COLUMNS,
      walk: asked,
    });
  }

  async profileRule(
    account: string,
    profile: string,
    id: string,
  ): Promise<ProfileRule | undefined> {
    const sql = "SELECT * FROM profile_rules WHERE account = ? AND profile = ? AND id = ?";
    return one(ruleOf, this.#db.get(sql, account, profile, id));
  }

  async profileRules(account: string, profile: string): Promise<readonly ProfileRule[]> {
    const sql =
      "SELECT * FROM profile_rules WHERE account = ? AND profile = ? ORDER BY created_at, id";
    return this.#db.all(sql, account, profile).map(ruleOf);
  }

  async profileRulesOfRealm(account: string, realm: string): Promise<readonly ProfileRule[]> {
    const sql = "SELECT * FROM profile_rules WHERE account = ? AND realm = ?";
    return this.#db.all(sql, account, realm).map(ruleOf);
  }

  async profileLinks(account: string, profile: string): Promise<readonly ProfileLink[]> {
    const sql =
      "SELECT * FROM profile_links WHERE account = ? AND profile = ? ORDER BY created_at, id";
    return this.#db.all(sql, account, profile).map(linkOf);
  }

  async profileIdentities(account: string, profile: string): Promise<readonly ProfileIdentity[]> {
    const sql = `SELECT * FROM profile_identities WHERE account = ? AND profile = ?
      ORDER BY created_at, kind, identifier`;
    return this.#db.all(sql, account, profile).map(identityOf);
  }

  async profilesTrusting(account: string, identifier: string): Promise<readonly ProfileIdentity[]> {
    const sql = "SELECT * FROM profile_identities WHERE account = ? AND identifier = ?";
    return this.#db.all(sql, account, identifier).map(identityOf);
  }

  async putProfile(profile: TrustedProfile): Promise<void> {
    put(
      this.#db,
      { table: "profiles", keys: ["id"] },
      {
        id: profile.id,
        iam_id: profile.iamId,
        account: profile.account,
        name: profile.name,
        description: profile.description,
        email: profile.email,
        max_session_s: profile.maxSessionS,
        entity_tag: profile.entityTag,
        sessions_since: profile.sessionsSince,
        created_at: profile.createdAt,
        created_by: profile.createdBy,
        modified_at: profile.modifiedAt,
      },
    );
  }

  async deleteProfile(account: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM profiles WHERE account = ? AND id = ?", account, id);
  }

  async putProfileRule(rule: ProfileRule): Promise<void> {
    put(
      this.#db,
      { table: "profile_rules", keys: ["id"] },
      {
        id: rule.id,
        account: rule.account,
        profile: rule.profile,
        name: rule.name,
        type: rule.type,
        realm: rule.realm,
        cr_type: rule.crType,
        expiration_s: rule.expirationS,
        conditions: JSON.stringify(rule.conditions),
        entity_tag: rule.entityTag,
        created_at: rule.createdAt,
        created_by: rule.createdBy,
        modified_at: rule.modifiedAt,
      },
    );
  }

  async deleteProfileRule(account: string, profile: string, id: string): Promise<void> {
    const sql = "DELETE FROM profile_rules WHERE account = ? AND profile = ? AND id = ?";
    this.#db.run(sql, account, profile, id);
  }

  async putProfileLink(link: ProfileLink): Promise<void> {
    put(
      this.#db,
      { table: "profile_links", keys: ["id"] },
      {
        id: link.id,
        account: link.account,
        profile: link.profile,
        name: link.name,
        cr_type: link.crType,
        is_cross_account: link.isCrossAccount ? 1 : 0,
        crn: link.crn,
        namespace: link.namespace,
        resource_name: link.resourceName,
        component_type: link.componentType,
        component_name: link.componentName,
        entity_tag: link.entityTag,
        created_at: link.createdAt,
        created_by: link.createdBy,
        modified_at: link.modifiedAt,
      },
    );
  }

  async deleteProfileLink(account: string, profile: string, id: string): Promise<void> {
    const sql = "DELETE FROM profile_links WHERE account = ? AND profile = ? AND id = ?";
    this.#db.run(sql, account, profile, id);
  }

  async putProfileIdentity(identity: ProfileIdentity): Promise<void> {
    put(
      this.#db,
      { table: "profile_identities", keys: ["account", "profile", "kind", "identifier"] },
      {
        account: identity.account,
        profile: identity.profile,
        kind: identity.kind,
        identifier: identity.identifier,
        description: identity.description,
        created_at: identity.createdAt,
        created_by: identity.createdBy,
      },
    );
  }

  async deleteProfileIdentity(
    { account, profile }: { readonly account: string; readonly profile: string },
    kind: ProfileIdentityKind,
    identifier: string,
  ): Promise<void> {
    const sql = `DELETE FROM profile_identities
      WHERE account = ? AND profile = ? AND kind = ? AND identifier = ?`;
    this.#db.run(sql, account, profile, kind, identifier);
  }
}

export function profileOf(row: Row): TrustedProfile {
  return {
    kind: "profile",
    id: text(row, "id"),
    iamId: text(row, "iam_id"),
    account: text(row, "account"),
    name: text(row, "name"),
    description: text(row, "description"),
    email: text(row, "email"),
    maxSessionS: number(row, "max_session_s"),
    entityTag: text(row, "entity_tag"),
    sessionsSince: number(row, "sessions_since"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
  };
}

function ruleOf(row: Row): ProfileRule {
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    profile: text(row, "profile"),
    name: text(row, "name"),
    type: row["type"] === "Profile-CR" ? "Profile-CR" : "Profile-SAML",
    realm: text(row, "realm"),
    crType: text(row, "cr_type") as ComputeResource | "",
    expirationS: number(row, "expiration_s"),
    conditions: json(row, "conditions"),
    entityTag: text(row, "entity_tag"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
  };
}

function linkOf(row: Row): ProfileLink {
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    profile: text(row, "profile"),
    name: text(row, "name"),
    crType: text(row, "cr_type") as ComputeResource,
    isCrossAccount: flag(row, "is_cross_account"),
    crn: text(row, "crn"),
    namespace: text(row, "namespace"),
    resourceName: text(row, "resource_name"),
    componentType: text(row, "component_type"),
    componentName: text(row, "component_name"),
    entityTag: text(row, "entity_tag"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
  };
}

function identityOf(row: Row): ProfileIdentity {
  return {
    account: text(row, "account"),
    profile: text(row, "profile"),
    kind: text(row, "kind") as ProfileIdentityKind,
    identifier: text(row, "identifier"),
    description: text(row, "description"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
  };
}
