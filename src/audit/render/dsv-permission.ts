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
}

type DsvAction = "create" | "read" | "update" | "delete" | "list" | "assign";

interface Needed {
  readonly template: string;
  readonly action: DsvAction;
  /** Made under the path of its kind: its own name stands in the input. */
  readonly isMade: boolean;
}

const AUDIT: Needed = { template: "audit", action: "list", isMade: false };

/** Where the rule says something else than DSV, or than its users would expect. */
const exceptions: Readonly<Partial<Record<OperationName, Needed>>> = {
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
  { target, input }: { readonly target: TargetRef; readonly input: object },
): DsvPermission {
  const { template, action, isMade } = needed[operation];
  const known = { ...target, input: input as Readonly<Record<string, unknown>>, output: {} };
  const path = colonJoined(filledPath(template, known));
  if (!isMade) return { resources: [path], action };
  // A client's name is its id, which it has from the beginning.
  const made =
    target.kind === "serviceid"
      ? target.id
      : NAMES.map((field) => known.input[field]).find((name) => typeof name === "string");
  const whole = made === undefined ? [] : [colonJoined(`${path}:${String(made)}`)];
  return { resources: [...whole, path], action };
}

/** As documents are kept: names that differ only in how their parts are joined are one path, to whatever denies it. */
function colonJoined(path: string): string {
  return path.replace(/[:/]+/g, ":");
}
