/** Rows of the identity tables as the domain's values. */
import type { Account, Instance } from "../../identity/account.ts";
import type { ApiKey } from "../../identity/api-key.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import type { Policy } from "../../identity/policy.ts";
import type { RefreshToken } from "../../identity/refresh-token.ts";
import { isRoleName } from "../../identity/roles.ts";
import type { ServiceId } from "../../identity/service-id.ts";
import type { User } from "../../identity/user.ts";
import type { Row } from "./database.ts";

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
    locked: flag(row, "locked"),
    disabled: flag(row, "disabled"),
    expiresAt: row["expires_at"] === null ? null : number(row, "expires_at"),
    entityTag: text(row, "entity_tag"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    modifiedAt: number(row, "modified_at"),
  };
}

export function policyOf(row: Row): Policy {
  const roles: readonly string[] = JSON.parse(text(row, "roles"));
  const resource: PolicyResource = JSON.parse(text(row, "resource"));
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    subject: text(row, "subject"),
    // A role that this version does not know gives nothing.
    roles: roles.filter(isRoleName),
    resource,
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
  };
}

export function refreshTokenOf(row: Row): RefreshToken {
  return {
    hash: text(row, "hash"),
    session: text(row, "session"),
    clientId: text(row, "client_id"),
    credentialId: text(row, "credential_id"),
    account: text(row, "account"),
    expiresAt: number(row, "expires_at"),
    isUsed: flag(row, "used"),
  };
}

function text(row: Row, column: string): string {
  return String(row[column]);
}

function number(row: Row, column: string): number {
  return Number(row[column]);
}

function flag(row: Row, column: string): boolean {
  return row[column] === 1;
}
