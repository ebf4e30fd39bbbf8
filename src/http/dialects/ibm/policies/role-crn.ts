/**
 * Roles by the names that IBM's wire has for them: CRNs. Platform roles and the service roles that every service has
 * stand under `iam`; those that one service has of its own stand under that service.
 */
import { ROLE_NAMES, type RoleName } from "../../../../identity/roles.ts";
import { Refusal } from "../../../../kernel/errors.ts";

const crns: Readonly<Record<RoleName, string>> = {
  Manager: crnOf("iam", "serviceRole", "Manager"),
  Writer: crnOf("iam", "serviceRole", "Writer"),
  Reader: crnOf("iam", "serviceRole", "Reader"),
  SecretsReader: crnOf("secrets-manager", "serviceRole", "SecretsReader"),
  SecretTaskUpdater: crnOf("secrets-manager", "serviceRole", "SecretTaskUpdater"),
  Administrator: crnOf("iam", "role", "Administrator"),
  Editor: crnOf("iam", "role", "Editor"),
  Viewer: crnOf("iam", "role", "Viewer"),
  ServiceIdCreator: crnOf("iam-identity", "serviceRole", "ServiceIdCreator"),
  UserApiKeyCreator: crnOf("iam-identity", "serviceRole", "UserApiKeyCreator"),
  Auditor: crnOf("keytrail", "serviceRole", "Auditor"),
  // IBM's platform has a role of this name as well, which does something else: it is not served.
  Operator: crnOf("keytrail", "serviceRole", "Operator"),
};

const roles: ReadonlyMap<string, RoleName> = new Map(
  ROLE_NAMES.map((role) => [crns[role], role] as const),
);

export function crnOfRole(role: RoleName): string {
  return crns[role];
}

/** Refuses what is no role here, naming all that are. */
export function roleOfCrn(text: string): RoleName {
  const role = roles.get(text);
  if (role !== undefined) return role;
  const known = ROLE_NAMES.map((name) => crns[name]).join(", ");
  throw new Refusal("invalid_request", `A role_id names no role; the roles are ${known}.`, {
    field: "role_id",
    fault: "unknown-role",
  });
}

function crnOf(service: string, kind: "role" | "serviceRole", name: string): string {
  return `crn:v1:bluemix:public:${service}::::${kind}:${name}`;
}
