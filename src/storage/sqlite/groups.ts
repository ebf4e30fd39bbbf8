/** Access groups on SQLite. */
import {
  groupNameKey,
  PUBLIC_ACCESS_GROUP,
  type AccessGroup,
  type GroupRule,
  type Member,
  type MemberKind,
} from "../../identity/access-group.ts";
import type {
  GroupField,
  GroupQuery,
  GroupSearch,
  GroupStore,
  MemberField,
  MemberQuery,
} from "../../identity/group-store.ts";
import type { Listed, Window } from "../../identity/store.ts";
import type { Database, Row, Value } from "./database.ts";
import { json, list, number, numberOrNull, one, put, text } from "./table.ts";

/** A membership by hand stands where one by a rule has the rule's id: a primary key holds no null. */
const BY_HAND = "";

const IS_FEDERATED = `EXISTS (SELECT 1 FROM group_rules r
  WHERE r.account = access_groups.account AND r.group_id = access_groups.id)`;

const SEARCHES: Readonly<Record<GroupSearch["in"], string>> = {
  id: "id = ?",
  name: "instr(name_key, ?) > 0",
  description: "instr(lower(description), lower(?)) > 0",
};

const GROUP_COLUMNS: Readonly<Record<GroupField, string>> = {
  id: "id",
  name: "name_key",
  description: "lower(description)",
  isFederated: IS_FEDERATED,
  createdAt: "created_at",
  modifiedAt: "modified_at",
};

const MEMBER_COLUMNS: Readonly<Record<MemberField, string>> = {
  id: "m.iam_id",
  name: `lower(coalesce(
    (SELECT name FROM users u WHERE u.iam_id = m.iam_id),
    (SELECT name FROM service_ids s WHERE s.iam_id = m.iam_id),
    (SELECT name FROM profiles p WHERE p.iam_id = m.iam_id)))`,
  email: "(SELECT email FROM users u WHERE u.iam_id = m.iam_id)",
};

export class SqliteGroupStore implements GroupStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async group(account: string, id: string): Promise<AccessGroup | undefined> {
    const sql = "SELECT * FROM access_groups WHERE account = ? AND id = ?";
    return one(groupOf, this.#db.get(sql, account, id));
  }

  async groupByName(account: string, name: string): Promise<AccessGroup | undefined> {
    const sql = "SELECT * FROM access_groups WHERE account = ? AND name_key = ?";
    return one(groupOf, this.#db.get(sql, account, groupNameKey(name)));
  }

  async groups(account: string, query: GroupQuery, window: Window): Promise<Listed<AccessGroup>> {
    const where = ["account = ?"];
    const values: Value[] = [account];
    if (query.search !== undefined) {
      const { in: field, text: sought } = query.search;
      where.push(SEARCHES[field]);
      values.push(field === "name" ? groupNameKey(sought) : sought);
    }
    if (query.hidesPublicAccess) {
      where.push("id <> ?");
      values.push(PUBLIC_ACCESS_GROUP);
    }
    if (query.memberIamId !== undefined) {
      const kind = membershipSql(query.membership);
      where.push(`EXISTS (SELECT 1 FROM group_members m WHERE m.account = access_groups.account
        AND m.group_id = access_groups.id AND m.iam_id = ?
        AND (m.expires_at IS NULL OR m.expires_at > ?)${kind})`);
      values.push(query.memberIamId, query.now);
    }
    return list(this.#db, groupOf, {
      table: "access_groups",
      id: "id",
      where: where.join(" AND "),
      values,
      window,
      ...(query.sort === undefined ? {} : { order: `${orderBy(GROUP_COLUMNS, query.sort)}, id` }),
    });
  }

  async memberships(account: string, group: string, iamId: string): Promise<readonly Member[]> {
    const sql = "SELECT * FROM group_members WHERE account = ? AND group_id = ? AND iam_id = ?";
    return this.#db.all(sql, account, group, iamId).map(memberOf);
  }

  async members(
    { account, group }: { readonly account: string; readonly group: string },
    query: MemberQuery,
    window: Window,
  ): Promise<Listed<Member>> {
    const kind = query.kind === undefined ? "" : " AND kind = ?";
    const first = query.sort === undefined ? "" : `${orderBy(MEMBER_COLUMNS, query.sort)}, `;
    return list(this.#db, memberOf, {
      table: "group_members m",
      id: "iam_id",
      where: `account = ? AND group_id = ? AND (expires_at IS NULL OR expires_at > ?)
        ${membershipSql(query.membership)}${kind}`,
      values: [account, group, query.now, ...(query.kind === undefined ? [] : [query.kind])],
      window,
      order: `${first}created_at, iam_id, rule`,
    });
  }

  async membershipsOf(account: string, iamId: string): Promise<readonly Member[]> {
    const sql = "SELECT * FROM group_members WHERE account = ? AND iam_id = ? ORDER BY created_at";
    return this.#db.all(sql, account, iamId).map(memberOf);
  }

  async rule(account: string, group: string, id: string): Promise<GroupRule | undefined> {
    const sql = "SELECT * FROM group_rules WHERE account = ? AND group_id = ? AND id = ?";
    return one(ruleOf, this.#db.get(sql, account, group, id));
  }

  async rules(account: string, group: string): Promise<readonly GroupRule[]> {
    const sql =
      "SELECT * FROM group_rules WHERE account = ? AND group_id = ? ORDER BY created_at, id";
    return this.#db.all(sql, account, group).map(ruleOf);
  }

  async rulesOfRealm(account: string, realm: string): Promise<readonly GroupRule[]> {
    const sql = "SELECT * FROM group_rules WHERE account = ? AND realm = ? ORDER BY created_at, id";
    return this.#db.all(sql, account, realm).map(ruleOf);
  }

  async putGroup(group: AccessGroup): Promise<void> {
    put(
      this.#db,
      { table: "access_groups", keys: ["account", "id"] },
      {
        account: group.account,
        id: group.id,
        name: group.name,
        name_key: groupNameKey(group.name),
        description: group.description,
        entity_tag: group.entityTag,
        created_at: group.createdAt,
        created_by: group.createdBy,
        modified_at: group.modifiedAt,
        modified_by: group.modifiedBy,
      },
    );
  }

  async deleteGroup(account: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM access_groups WHERE account = ? AND id = ?", account, id);
  }

  async putMember(member: Member): Promise<void> {
    put(
      this.#db,
      { table: "group_members", keys: ["account", "group_id", "iam_id", "rule"] },
      {
        account: member.account,
        group_id: member.group,
        iam_id: member.iamId,
        rule: member.rule ?? BY_HAND,
        kind: member.kind,
        expires_at: member.expiresAt,
        created_at: member.createdAt,
        created_by: member.createdBy,
      },
    );
  }

  async deleteMember(account: string, group: string, iamId: string): Promise<void> {
    const sql = "DELETE FROM group_members WHERE account = ? AND group_id = ? AND iam_id = ?";
    this.#db.run(sql, account, group, iamId);
  }

  async putRule(rule: GroupRule): Promise<void> {
    put(
      this.#db,
      { table: "group_rules", keys: ["id"] },
      {
        id: rule.id,
        account: rule.account,
        group_id: rule.group,
        name: rule.name,
        realm: rule.realm,
        expiration_hours: rule.expirationHours,
        conditions: JSON.stringify(rule.conditions),
        entity_tag: rule.entityTag,
        created_at: rule.createdAt,
        created_by: rule.createdBy,
        modified_at: rule.modifiedAt,
        modified_by: rule.modifiedBy,
      },
    );
  }

  async deleteRule(account: string, group: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM group_members WHERE account = ? AND rule = ?", account, id);
    const sql = "DELETE FROM group_rules WHERE account = ? AND group_id = ? AND id = ?";
    this.#db.run(sql, account, group, id);
  }
}

/** `-name`: from the last to the first. */
function orderBy<Field extends string>(
  columns: Readonly<Record<Field, string>>,
  order: Field | `-${Field}`,
): string {
  const field = (order.startsWith("-") ? order.slice(1) : order) as Field;
  return order === field ? columns[field] : `${columns[field]} DESC`;
}

function membershipSql(membership: "static" | "dynamic" | undefined): string {
  if (membership === undefined) return "";
  return membership === "static" ? ` AND m.rule = '${BY_HAND}'` : ` AND m.rule <> '${BY_HAND}'`;
}

function groupOf(row: Row): AccessGroup {
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    name: text(row, "name"),
    description: text(row, "description"),
    entityTag: text(row, "entity_tag"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
    modifiedBy: text(row, "modified_by"),
  };
}

function memberOf(row: Row): Member {
  const rule = text(row, "rule");
  return {
    account: text(row, "account"),
    group: text(row, "group_id"),
    iamId: text(row, "iam_id"),
    kind: text(row, "kind") as MemberKind,
    rule: rule === BY_HAND ? null : rule,
    expiresAt: numberOrNull(row, "expires_at"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
  };
}

function ruleOf(row: Row): GroupRule {
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    group: text(row, "group_id"),
    name: text(row, "name"),
    realm: text(row, "realm"),
    expirationHours: number(row, "expiration_hours"),
    conditions: json(row, "conditions"),
    entityTag: text(row, "entity_tag"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
    modifiedBy: text(row, "modified_by"),
  };
}
