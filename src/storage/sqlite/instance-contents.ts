/** What an instance holds, counted over every table that has things of instances. */
import type { Contents } from "../../secrets/contents.ts";
import type { Instance } from "../../secrets/secret.ts";
import type { Database } from "./database.ts";

const TABLES: Readonly<Record<keyof Contents, string>> = {
  secrets: "secrets",
  secretGroups: "secret_groups",
  configurations: "configurations",
  leases: "leases",
  registrations: "registrations",
};

export function contentsOf(db: Database, { account, instance }: Instance): Contents {
  const count = (table: string): number => {
    const sql = `SELECT count(*) AS n FROM ${table} WHERE account = ? AND instance = ?`;
    return Number(db.get(sql, account, instance)?.["n"]);
  };
  const counted = Object.entries(TABLES).map(([kind, table]) => [kind, count(table)]);
  return Object.fromEntries(counted) as Contents;
}
