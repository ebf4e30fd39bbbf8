/** Rows of the identity tables as the domain's values. */
import type { AccountSettings } from "../../identity/account-settings.ts";
import type { Account, Instance } from "../../identity/account.ts";
import type { ActionWhenLeaked, ApiKey } from "../../identity/api-key.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import type { Policy } from "../../identity/policy.ts";
import { isRoleName } from "../../identity/roles.ts";
import type { ServiceId } from "../../identity/service-id.ts";
import type { User } from "../../identity/user.ts";
import type { Row } from "./database.ts";
import { flag, json, number, numberOrNull, text, textOrNull } from "./table.ts";

export function accountOf(row: Row): Account {
  return {
    id: text(row, "id"),
    name: text(row, "name"),
    createdAt: number(row, "created_at"),
    isHandedOver: flag(row, "handed_over"),
  };
}

export function instanceOf(row: Row): Instance {
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    region: text(row, "region"),
    name: text(row, "name"),
    createdAt: number(row, "created_at"),
    ...(row["home_of"] === null
      ? {}
      : { home: { iamId: text(row, "home_of"), principal: text(row, "home_principal") } }),
  };
}

export function instanceColumns({ id, account, region, name, createdAt, home }: Instance) {
  return {
    id,
    account,
    region,
    name,
    created_at: createdAt,
    home_of: home?.iamId ?? null,
    home_principal: home?.principal ?? null,
  };
}

export function userOf(row: Row): User {
  return {
    kind: "user",
    iamId: text(row, "iam_id"),
    account: text(row, "account"),
    email: text(row, "email"),
    name: text(row, "name"),
    state: row["state"] === "active" ? "active" : "disabled",
    isOwner: flag(row, "is_owner"),
    realm: text(row, "realm"),
    sessionsSince: number(row, "sessions_since"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
  };
}

export function serviceIdOf(row: Row): ServiceId {
  return {
    kind: "serviceid",
    id: text(row, "id"),
    iamId: text(row, "iam_id"),
    account: text(row, "account"),
    name: text(row, "name"),
    description: text(row, "description"),
    uniqueInstanceCrns: json(row, "unique_instance_crns"),
    locked: flag(row, "locked"),
    entityTag: text(row, "entity_tag"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
  };
}

export function apiKeyOf(row: Row): ApiKey {
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    iamId: text(row, "iam_id"),
    name: text(row, "name"),
    description: text(row, "description"),
    accessKeyId: textOrNull(row, "access_key_id"),
    locked: flag(row, "locked"),
    disabled: flag(row, "disabled"),
    expiresAt: numberOrNull(row, "expires_at"),
    actionWhenLeaked: text(row, "action_when_leaked") as ActionWhenLeaked,
    supportSessions: flag(row, "support_sessions"),
    sessionsSince: number(row, "sessions_since"),
    entityTag: text(row, "entity_tag"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
  };
}

export function policyOf(row: Row): Policy {
  const roles: readonly string[] = json(row, "roles");
  const resource: PolicyResource = json(row, "resource");
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    subject: text(row, "subject"),
    // A role that this version does not know gives nothing.
    roles: roles.filter(isRoleName),
    resource,
    description: text(row, "description"),
    state: row["state"] === "active" ? "active" : "deleted",
    entityTag: text(row, "entity_tag"),
    modifiedAt: number(row, "modified_at"),
    modifiedBy: text(row, "modified_by"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
  };
}

/** Settings that came to be after a row was written are what they are at first. */
export function settingsOf(row: Row, initial: AccountSettings): AccountSettings {
  const kept: Partial<AccountSettings> = json(row, "settings");
  return { ...initial, ...kept };
}
