/**
 * The resource of a policy as IBM's wire has it: a list of attributes that all have to match. Version 1 calls an
 * attribute's key its name; both versions mean the same by the rest.
 */
import { parseCrn } from "../../../../audit/crn.ts";
import type { PolicyResource } from "../../../../identity/authorize.ts";
import type { Policy } from "../../../../identity/policy.ts";
import {
  kindOfRole,
  kindOfService,
  SERVICE_KINDS,
  type ServiceKind,
} from "../../../../identity/role-kinds.ts";
import { SERVICE_WITH_INSTANCES, type RoleName } from "../../../../identity/roles.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { isUuid } from "../../../../kernel/ids.ts";

export const MAX_ATTRIBUTES = 16;

export interface Attribute {
  readonly key: string;
  readonly operator?: string | undefined;
  readonly value: unknown;
}

export interface GivenResource {
  /** The account that the attributes name, if they name one. */
  readonly account?: string | undefined;
  readonly resource: PolicyResource;
}

const KEYS = [
  "accountId",
  "serviceName",
  "serviceType",
  "serviceInstance",
  "region",
  "resourceType",
  "resource",
] as const;
type Key = (typeof KEYS)[number];

const SECRET_GROUP = "secret-group";

/** The values by their keys; a key whose attribute only has to exist is not among them. */
type Values = Readonly<Partial<Record<Key, string>>>;

/** What the attributes say. Refuses whatever could not be kept to, so that no policy means less than it says. */
export function resourceOf(
  attributes: readonly Attribute[],
  roles: readonly RoleName[],
): GivenResource {
  const values = valuesOf(attributes);
  const { serviceName: service, region } = values;
  checkKind(values, roles);
  const instance = instanceIn(values);
  const secretGroup = secretGroupIn(values);
  return {
    account: accountIn(values),
    resource: {
      ...(service === undefined ? {} : { service }),
      ...(region === undefined ? {} : { region }),
      ...(instance === undefined ? {} : { instance }),
      ...(secretGroup === undefined ? {} : { secretGroup }),
    },
  };
}

/** The attributes that say what the policy is on. */
export function attributesOf({ account, resource, roles }: Policy): readonly Attribute[] {
  const { service, region, instance, secretGroup } = resource;
  const kind = service === undefined ? onlyKindOf(roles) : undefined;
  const values: readonly (readonly [Key, string | undefined])[] = [
    ["accountId", account],
    ["serviceType", kind],
    ["serviceName", service],
    ["region", region],
    ["serviceInstance", instance],
    ["resourceType", secretGroup === undefined ? undefined : SECRET_GROUP],
    ["resource", secretGroup],
  ];
  return values
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, operator: "stringEquals", value }));
}

function valuesOf(attributes: readonly Attribute[]): Values {
  const values = new Map<Key, string>();
  const seen = new Set<string>();
  for (const { key, operator = "stringEquals", value } of attributes) {
    const known = KEYS.find((one) => one === key);
    if (known === undefined) {
      throw refused(`A resource attribute is not known here; those that are: ${KEYS.join(", ")}.`);
    }
    if (seen.has(known)) throw refused(`The resource attribute ${known} is given more than once.`);
    seen.add(known);
    if (operator === "stringExists") checkExistence(known, value, attributes);
    else values.set(known, textOf(known, operator, value));
  }
  return Object.fromEntries(values);
}

function textOf(key: Key, operator: string, value: unknown): string {
  if (operator !== "stringEquals") {
    const sentence =
      "Resource attributes are compared by stringEquals, or by stringExists where that means all: " +
      "make one policy for each value.";
    throw refused(sentence);
  }
  if (typeof value !== "string" || value === "") {
    throw refused(`The resource attribute ${key} must have a text for a value.`);
  }
  return value;
}

/** That there is one at all is no restriction, where everything has one; elsewhere it would be, and is not kept. */
function checkExistence(key: Key, value: unknown, attributes: readonly Attribute[]): void {
  const isInInstances = attributes.some(
    (one) => one.key === "serviceName" && one.value === SERVICE_WITH_INSTANCES,
  );
  const hasAlways: readonly Key[] = isInInstances
    ? ["accountId", "serviceName", "serviceInstance", "region"]
    : ["accountId", "serviceName"];
  if ((value === true || value === "true") && hasAlways.includes(key)) return;
  throw refused(
    `The operator stringExists is served only as true, on ${hasAlways.join(", ")} of this resource.`,
  );
}

/**
 * No role here is for both kinds of service, so that what a policy gives is of the kind of its roles: the attribute is
 * checked and need not be kept.
 */
function checkKind({ serviceType, serviceName }: Values, roles: readonly RoleName[]): void {
  if (serviceType === undefined) return;
  if (!SERVICE_KINDS.some((kind) => kind === serviceType)) {
    throw refused(`The resource attribute serviceType must be ${SERVICE_KINDS.join(" or ")}.`);
  }
  if (serviceName !== undefined && kindOfService(serviceName) !== serviceType) {
    throw refused("The resource attributes serviceType and serviceName exclude each other.");
  }
  const idle = roles.find((role) => kindOfRole(role) !== serviceType);
  if (serviceName === undefined && idle !== undefined) {
    throw refused(`The role ${idle} gives nothing on services of the type ${serviceType}.`);
  }
}

function onlyKindOf(roles: readonly RoleName[]): ServiceKind | undefined {
  return SERVICE_KINDS.find((kind) => roles.every((role) => kindOfRole(role) === kind));
}

/** By its id or by its CRN, as IBM's clients have it. */
function instanceIn({ serviceInstance: text }: Values): string | undefined {
  if (text === undefined) return undefined;
  const id = parseCrn(text)?.instance ?? text;
  if (isUuid(id)) return id;
  throw refused(
    "The resource attribute serviceInstance must be the id of an instance, or its CRN.",
  );
}

/** Of a CRN among the values too: a policy on another account's instance would be one on nothing. */
function accountIn({ accountId, serviceInstance = "" }: Values): string | undefined {
  const account = parseCrn(serviceInstance)?.account;
  if (account === undefined || accountId === undefined || account === accountId) {
    return accountId ?? account;
  }
  throw refused("The resource attributes accountId and serviceInstance name different accounts.");
}

function secretGroupIn({ resourceType, resource }: Values): string | undefined {
  if (resourceType === undefined && resource === undefined) return undefined;
  if (resourceType === SECRET_GROUP && resource !== undefined) return resource;
  throw refused(
    `The resource attributes resourceType and resource go together: ${SECRET_GROUP}, and the id of one.`,
  );
}

function refused(sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field: "resource" });
}
