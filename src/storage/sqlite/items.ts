/** Items on SQLite. */
import {
  MAX_ITEM_VERSIONS,
  type DueItem,
  type Item,
  type ItemKind,
  type ItemQuery,
  type ItemStore,
  type ItemVersion,
  type ListedItems,
} from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Database, Row } from "./database.ts";
import { IdentityMemory, type IdentityStamp } from "./identity-memory.ts";
import { number, numberOrNull, put, text } from "./table.ts";

const COLUMNS = { name: "name", createdAt: "created_at", modifiedAt: "modified_at" } as const;

/** Those whose changes change the stamp (the triggers of `items`): of others nothing remembered would stay true. */
const STAMPED: ReadonlySet<string> = new Set(["policy-document", "config"]);

export class SqliteItemStore implements ItemStore {
  readonly #db: Database;
  /** Of the kinds whose changes change the stamp. */
  readonly #all: IdentityMemory<readonly Item<object>[]>;

  constructor(database: Database, stamp: IdentityStamp) {
    this.#db = database;
    this.#all = new IdentityMemory(stamp);
  }

  async item<C extends object>(kind: ItemKind<C>, account: string, id: string) {
    const sql = "SELECT * FROM items WHERE kind = ? AND account = ? AND id = ?";
    return itemOf<C>(this.#db.get(sql, kind.name, account, id));
  }

  async itemNamed<C extends object>(kind: ItemKind<C>, account: string, name: string) {
    const sql = "SELECT * FROM items WHERE kind = ? AND account = ? AND name = ?";
    return itemOf<C>(this.#db.get(sql, kind.name, account, name));
  }

  async items<C extends object>(
    kind: ItemKind<C>,
    account: string,
    query: ItemQuery,
  ): Promise<ListedItems<C>> {
    const { search = "", includesRemoved = false, sortBy = "name", order = "asc" } = query;
    const from = `FROM items WHERE kind = ? AND account = ? AND instr(lower(name), lower(?)) > 0
      ${includesRemoved ? "" : "AND removed_at IS NULL"}`;
    const direction = order === "asc" ? "ASC" : "DESC";
    const by = `${COLUMNS[sortBy]} ${direction}, id ${direction}`;
    const values = [kind.name, account, search] as const;
    const rows = this.#db.all(
      `SELECT * ${from} ORDER BY ${by} LIMIT ? OFFSET ?`,
      ...values,
      query.limit,
      query.offset,
    );
    const counted = this.#db.get(`SELECT count(*) AS n ${from}`, ...values);
    return {
      items: rows.flatMap((row) => itemOf<C>(row) ?? []),
      totalCount: Number(counted?.["n"]),
    };
  }

  async allItems<C extends object>(
    kind: ItemKind<C>,
    account: string,
  ): Promise<readonly Item<C>[]> {
    const sql =
      "SELECT * FROM items WHERE kind = ? AND account = ? AND removed_at IS NULL ORDER BY name";
    const load = () => this.#db.all(sql, kind.name, account).flatMap((row) => itemOf<C>(row) ?? []);
    if (!STAMPED.has(kind.name)) return load();
    return this.#all.get(`${kind.name} ${account}`, load) as readonly Item<C>[];
  }

  async itemVersion<C extends object>(
    kind: ItemKind<C>,
    account: string,
    { id, version }: { readonly id: string; readonly version: number },
  ): Promise<ItemVersion<C> | undefined> {
    const sql =
      "SELECT * FROM item_versions WHERE kind = ? AND account = ? AND id = ? AND version = ?";
    const row = this.#db.get(sql, kind.name, account, id, version);
    return (
      row && {
        version: number(row, "version"),
        content: JSON.parse(text(row, "content")) as C,
        at: number(row, "at"),
        by: text(row, "by"),
      }
    );
  }

  async dueItems(now: Millis, limit: number): Promise<readonly DueItem[]> {
    const sql =
      "SELECT kind, account, id FROM items WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?";
    return this.#db.all(sql, now, limit).map((row) => ({
      kind: text(row, "kind"),
      account: text(row, "account"),
      id: text(row, "id"),
    }));
  }

  async putItem<C extends object>(item: Item<C>): Promise<void> {
    const { kind, account, id, version, removal } = item;
    const content = JSON.stringify(item.content);
    const at = { kind, account, id };
    put(
      this.#db,
      { table: "items", keys: ["kind", "account", "id"] },
      {
        ...at,
        name: item.name,
        version,
        content,
        created_at: item.createdAt,
        created_by: item.createdBy,
        modified_at: item.modifiedAt,
        modified_by: item.modifiedBy,
        removed_at: removal?.at ?? null,
        removed_by: removal?.by ?? null,
        due_at: removal?.dueAt ?? null,
      },
    );
    put(
      this.#db,
      { table: "item_versions", keys: ["kind", "account", "id", "version"] },
      { ...at, version, content, at: item.modifiedAt, by: item.modifiedBy },
    );
    this.#db.run(
      "DELETE FROM item_versions WHERE kind = ? AND account = ? AND id = ? AND version <= ?",
      kind,
      account,
      id,
      version - MAX_ITEM_VERSIONS,
    );
  }

  async deleteItem({ kind, account, id }: DueItem): Promise<void> {
    this.#db.run("DELETE FROM items WHERE kind = ? AND account = ? AND id = ?", kind, account, id);
  }
}

function itemOf<C extends object>(row: Row | undefined): Item<C> | undefined {
  if (!row) return undefined;
  const at = numberOrNull(row, "removed_at");
  return {
    kind: text(row, "kind"),
    account: text(row, "account"),
    id: text(row, "id"),
    name: text(row, "name"),
    version: number(row, "version"),
    content: JSON.parse(text(row, "content")) as C,
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
    modifiedBy: text(row, "modified_by"),
    removal: at === null ? null : { at, by: text(row, "removed_by"), dueAt: number(row, "due_at") },
  };
}
