/** Users by parts of their names, in the order that is asked for. */
import type { Listed, UserOrder, UserQuery, UserSearch, Window } from "../../identity/store.ts";
import type { User } from "../../identity/user.ts";
import type { Database } from "./database.ts";
import { userOf } from "./identity-rows.ts";
import { list } from "./table.ts";

const USER_SEARCHES: Readonly<Record<UserSearch["how"], (column: string) => string>> = {
  contains: (column) => `instr(lower(${column}), lower(?)) > 0`,
  equal: (column) => `lower(${column}) = lower(?)`,
  begins: (column) => `instr(lower(${column}), lower(?)) = 1`,
};

const USER_ORDERS: Readonly<Record<UserOrder["by"], string>> = {
  name: "email",
  createdAt: "created_at",
  modifiedAt: `coalesce((SELECT modified_at FROM items i WHERE i.kind = 'user'
    AND i.account = users.account AND i.id = users.iam_id), created_at)`,
};

export function foundUsers(
  database: Database,
  account: string,
  { window, search, order }: UserQuery & { readonly window: Window },
): Listed<User> {
  const columns = search?.in ? [search.in] : ["email", "name"];
  const found = search ? columns.map(USER_SEARCHES[search.how]).join(" OR ") : "TRUE";
  return list(database, userOf, {
    table: "users",
    id: "iam_id",
    where: `account = ? AND (${found})`,
    values: [account, ...(search ? columns.map(() => search.text) : [])],
    window,
    ...(order && { order: `${USER_ORDERS[order.by]} ${order.direction}, iam_id` }),
  });
}
