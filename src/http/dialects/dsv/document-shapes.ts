/** Documents as DSV's bodies have them: sent as a text within the body, or as they are; and shown. */
import { z } from "zod";
import type { Permission, PolicyDocument } from "../../../identity/documents/document.ts";
import { fieldsOf, readPermissions } from "../../../identity/documents/read-document.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { randomId } from "../../../kernel/ids.ts";
import { deserialized, SERIALIZATIONS, type Serialization } from "./serialized.ts";

/** JSON, if nothing is said. */
export const serialization = z.string().toLowerCase().pipe(z.enum(SERIALIZATIONS)).optional();

/** What a document that was read from here has besides, and is not changed by writing it. */
export const SHOWN_WITH = [
  "id",
  "path",
  "version",
  "created",
  "createdBy",
  "lastModified",
  "lastModifiedBy",
] as const;

const POLICY = ["permissionDocument", ...SHOWN_WITH] as const;

export interface SentPolicy {
  /** A text, or the document itself. */
  readonly policy?: unknown;
  readonly permissionDocument?: unknown;
  readonly serialization?: Serialization | undefined;
}

export interface ReadPolicy {
  readonly permissionDocument: readonly Permission[];
  /** The version that it says it was made from. */
  readonly fromVersion: number | undefined;
}

export function policyIn(body: SentPolicy, path: string): ReadPolicy {
  const { policy, permissionDocument } = body;
  const whole = policy === undefined ? { permissionDocument } : documentIn(policy, body);
  const fields = fieldsOf(whole, { of: "policy", known: POLICY });
  const permissions = readPermissions(fields.get("permissionDocument"), { path, newId: randomId });
  if (permissions.length === 0) throw bad("permissionDocument", "at least one permission");
  return { permissionDocument: permissions, fromVersion: versionIn(fields.get("version")) };
}

/** What is sent as a text, or as an object. */
export function documentIn(
  sent: unknown,
  { serialization: as = "json" }: Pick<SentPolicy, "serialization">,
): unknown {
  return typeof sent === "string" ? deserialized(sent, as) : sent;
}

/** Undefined where a document says none. */
export function versionIn(written: unknown): number | undefined {
  if (written === undefined) return undefined;
  const isCount = typeof written === "string" || typeof written === "number";
  if (isCount && /^\d{1,9}$/.test(String(written))) return Number(written);
  throw bad("version", "a number");
}

function bad(field: string, what: string): Refusal {
  return new Refusal("invalid_request", `The policy's ${field}: ${what}.`, { field });
}

export function permissionBodies({ permissionDocument }: PolicyDocument): readonly object[] {
  return permissionDocument.map((permission) => ({ ...permission, meta: null }));
}
