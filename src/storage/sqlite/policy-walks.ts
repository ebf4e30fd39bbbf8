/** Lists of policies in an order of the caller's choice. */
import type { PolicyFilter, PolicyOrder } from "../../identity/policy.ts";
import {
  kindOfRole,
  kindOfService,
  SERVICES,
  type ServiceKind,
} from "../../identity/role-kinds.ts";
import { ROLE_NAMES } from "../../identity/roles.ts";
import type { IdentityReader } from "../../identity/store.ts";
import type { Database, Value } from "./database.ts";
import { policyOf } from "./identity-rows.ts";
import { walk } from "./walk.ts";

const COLUMNS: Readonly<Record<PolicyOrder, string>> = {
  id: "id",
  createdAt: "created_at",
  createdBy: "created_by",
  modifiedAt: "modified_at",
  modifiedBy: "modified_by",
  state: "state",
};

const SERVICE = "json_extract(resource, '$.service')";

export function policyWalks(db: Database): IdentityReader["walkPolicies"] {
  return async (account, filter, asked) => {
    const [where, values] = conditionsOf(account, filter);
    return walk(db, policyOf, { table: "policies", where, values, columns: COLUMNS, walk: asked });
  };
}

/** Only the domain's own names stand in the text; what comes from outside stands among the values. */
function conditionsOf(
  account: string,
  { subject, state, service, kind }: PolicyFilter,
): readonly [where: string, values: readonly Value[]] {
  const asked: readonly (readonly [condition: string, value: string | undefined])[] = [
    ["account = ?", account],
    ["subject = ?", subject],
    ["state = ?", state],
    [`${SERVICE} = ?`, service],
  ];
  const given = asked.filter(([, value]) => value !== undefined);
  const conditions = given.map(([condition]) => condition);
  if (kind !== undefined) conditions.push(OF_KIND[kind]);
  return [conditions.join(" AND "), given.map(([, value]) => value ?? "")];
}

/** A policy that names no service is of the kind that its roles are for. */
function ofKind(kind: ServiceKind): string {
  const services = quoted(SERVICES.filter((name) => kindOfService(name) === kind));
  const roles = quoted(ROLE_NAMES.filter((role) => kindOfRole(role) === kind));
  return `CASE WHEN ${SERVICE} IS NULL
    THEN EXISTS (SELECT 1 FROM json_each(roles) WHERE value IN (${roles}))
    ELSE ${SERVICE} IN (${services}) END`;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}

const OF_KIND: Readonly<Record<ServiceKind, string>> = {
  service: ofKind("service"),
  platform_service: ofKind("platform_service"),
};
