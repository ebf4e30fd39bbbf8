/** Lists of API keys and of service IDs in an order of the caller's choice. */
import type { IdentityReader } from "../../identity/store.ts";
import { USER_ID_PREFIX } from "../../identity/user.ts";
import type { Database } from "./database.ts";
import { apiKeyOf, serviceIdOf } from "./identity-rows.ts";
import { walk } from "./walk.ts";

const COLUMNS = {
  name: "name",
  description: "description",
  createdAt: "created_at",
  createdBy: "created_by",
  modifiedAt: "modified_at",
} as const;

/** Whose key it is, by the form of the owner's IAM id. */
const OWNED_BY = {
  user: `iam_id GLOB '${USER_ID_PREFIX}*'`,
  serviceid: `iam_id NOT GLOB '${USER_ID_PREFIX}*'`,
} as const;

export function apiKeyWalks(db: Database): IdentityReader["walkApiKeys"] {
  return async (account, { iamId, ownedBy }, asked) => {
    const conditions = ["account = ?"];
    if (iamId !== undefined) conditions.push("iam_id = ?");
    if (ownedBy !== undefined) conditions.push(OWNED_BY[ownedBy]);
    return walk(db, apiKeyOf, {
      table: "api_keys",
      where: conditions.join(" AND "),
      values: iamId === undefined ? [account] : [account, iamId],
      columns: COLUMNS,
      walk: asked,
    });
  };
}

export function serviceIdWalks(db: Database): IdentityReader["walkServiceIds"] {
  return async (account, name, asked) =>
    walk(db, serviceIdOf, {
      table: "service_ids",
      where: name === undefined ? "account = ?" : "account = ? AND name = ?",
      values: name === undefined ? [account] : [account, name],
      columns: COLUMNS,
      walk: asked,
    });
}
