/**
 * What an operation needs by policy documents: an action on a path, both made of the row's DSV path and method. A path
 * ends with what it names: reading a version, a rollback, a password are reading or updating the secret or the user.
 */
import { catalogue, operationNames, type OperationName } from "../catalogue.ts";
import type { TargetRef } from "../describe.ts";
import { filledPath } from "./dsv-path.ts";

export interface DsvPermission {
  /** The best first: of what is being made also the path of its kind. */
  readonly resources: readonly string[];
  readonly action: DsvAction;
  /** Whoever is denied this is denied the operation too; whoever is allowed it is not allowed the operation by that. */
  readonly alsoDenied?: Pick<DsvPermission, "resources" | "action">;
}

type DsvAction = "create" | "read" | "update" | "delete" | "list" | "assign" | "share";

interface Needed {
  readonly template: string;
  readonly action: DsvAction;
  /** Made under the path of its kind: its own name stands in the input. */
  readonly isMade: boolean;
  readonly alsoDenied?: Needed;
}

const AUDIT: Needed = { template: "audit", action: "list", isMade: false };

/** What shows the trail by another way: whoever may not read that may not go this one. */
function ofTrail(template: string): Needed {
  return { template, action: "list", isMade: false, alsoDenied: AUDIT };
}

/**
 * Who has which roles is said for the account as a whole: whoever may write the documents under `users` may not make
 * somebody an administrator.
 */
function ofRoles(action: DsvAction, holders: "users" | "profiles"): Needed {
  const alsoDenied: Needed = { template: `config:policies:${holders}`, action, isMade: true };
  return { template: "config:policies", action, isMade: false, alsoDenied };
}

/** Whoever may only change a secret does not let itself read it. */
const SHARED: Needed = {
  template: "secrets:{path}",
  action: "share",
  isMade: false,
  alsoDenied: { template: "secrets:{path}", action: "update", isMade: false },
};

/** Whoever has a key of a client is that client, and every role that trusts it. */
const KEY_OF_CLIENT: Needed = {
  template: "clients:{clientId}",
  action: "assign",
  isMade: false,
  alsoDenied: { template: "clients:{clientId}", action: "update", isMade: false },
};

/** Where the rule says something else than DSV, or than its users would expect. */
const exceptions: Readonly<Partial<Record<OperationName, Needed>>> = {
  "serviceid-apikey.create": KEY_OF_CLIENT,
  "secret.resource-policy.set": SHARED,
  "secret.resource-policy.delete": SHARED,
  "policy.user.attach": ofRoles("create", "users"),
  "policy.user.detach": ofRoles("delete", "users"),
  "policy.user.put": ofRoles("update", "users"),
  "policy.role.attach": ofRoles("create", "profiles"),
  "policy.role.detach": ofRoles("delete", "profiles"),
  "policy.role.put": ofRoles("update", "profiles"),
  "exposure.read": ofTrail("audit:exposure"),
  "log.read": ofTrail("audit:log"),
  "event.search": AUDIT,
  "event.read": AUDIT,
  "event.summarize": AUDIT,
  "event.tail": AUDIT,
  "event.export": AUDIT,
  "receipt.read": AUDIT,
  "config.read": { template: "config", action: "read", isMade: false },
  "config.version.read": { template: "config", action: "read", isMade: false },
  "config.write": { template: "config", action: "update", isMade: false },
  "usage.read": { template: "usage", action: "read", isMade: false },
  "data.encrypt": { template: "crypto:encrypt:{path}", action: "update", isMade: false },
  "data.decrypt": { template: "crypto:decrypt:{path}", action: "read", isMade: false },
  "data.rotate": { template: "crypto:rotate:{path}", action: "update", isMade: false },
  // Who may act as a role: whoever makes a client of it decides that too.
  "profile-identity.add": { template: "roles:{name}", action: "assign", isMade: false },
  "secret.paths.list": { template: "secrets:{path}", action: "list", isMade: false },
};

const PLACEHOLDER = /^(.*?\{[^}]+\})(.*)$/;

const actions: Readonly<Record<string, DsvAction>> = {
  POST: "update",
  PUT: "update",
  PATCH: "update",
  DELETE: "delete",
};

function neededFor(operation: OperationName): Needed {
  const [path, method] = catalogue[operation].dsv;
  const [, named, rest = ""] = PLACEHOLDER.exec(path) ?? [];
  const template = named ?? path;
  const isWhole = rest === "";
  if (method === "GET") {
    // What is got back is not read: DSV writes its restoring as a GET.
    const action = rest === ":restore" ? "update" : named === undefined ? "list" : "read";
    return { template, action, isMade: false };
  }
  if (method === "POST" && isWhole) {
    return { template, action: "create", isMade: named === undefined };
  }
  // Of parts of something: whoever takes one away changes the whole.
  const action = isWhole ? (actions[method] ?? "update") : "update";
  return { template, action, isMade: false };
}

const needed = Object.fromEntries(
  operationNames.map((name) => [name, exceptions[name] ?? neededFor(name)]),
) as Readonly<Record<OperationName, Needed>>;

/** In the input of what is being made: what it is to be called. */
const NAMES = ["userName", "email", "name", "path", "rootCAPath"] as const;

export function dsvPermissionOf(
  operation: OperationName,
  asked: { readonly target: TargetRef; readonly input: object },
): DsvPermission {
  const { alsoDenied, ...rule } = needed[operation];
  const permission = permissionBy(rule, asked);
  return alsoDenied ? { ...permission, alsoDenied: permissionBy(alsoDenied, asked) } : permission;
}

function permissionBy(
  { template, action, isMade }: Needed,
  { target, input }: { readonly target: TargetRef; readonly input: object },
): DsvPermission {
  const known = { ...target, input: input as Readonly<Record<string, unknown>>, output: {} };
  const path = colonJoined(filledPath(template, known));
  if (!isMade) return { resources: [...ofOwner(template, known), path], action };
  // A client's name is its id, which it has from the beginning.
  const made =
    target.kind === "serviceid"
      ? target.id
      : NAMES.map((field) => known.input[field]).find((name) => typeof name === "string");
  const whole = made === undefined ? [] : [colonJoined(`${path}:${made}`)];
  return { resources: [...whole, path], action };
}

/** A key is its owner's, whom documents have by name; the record has the owner's id, which the key has itself. */
function ofOwner(template: string, known: Parameters<typeof filledPath>[1]): readonly string[] {
  const { ownerName } = known.input;
  if (known.kind !== "apikey" || typeof ownerName !== "string") return [];
  return [colonJoined(filledPath(template, { ...known, kind: "user", name: ownerName }))];
}

/** As documents are kept: names that differ only in how their parts are joined are one path, to whatever denies it. */
function colonJoined(path: string): string {
  return path.replace(/[:/]+/g, ":");
}
