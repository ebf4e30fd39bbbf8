/**
 * A policy document as it is written, read: what is not understood as a whole is none. Names of fields in any letter
 * case; a list of one may be written without its brackets. Refusals name the field and never what stands in it.
 */
import { Refusal } from "../../kernel/errors.ts";
import { isAddressRange } from "../addresses.ts";
import {
  ACTIONS,
  EFFECTS,
  MAX_DOCUMENT_BYTES,
  MAX_PATTERNS_PER_PERMISSION,
  MAX_PERMISSIONS_PER_DOCUMENT,
  type CidrCondition,
  type Effect,
  type Permission,
} from "./document.ts";
import { liesUnder, resourcePattern, resourcesUnder } from "./path.ts";
import { ANYTHING, documentPattern, loweredPattern, normalized } from "./pattern.ts";

export const MAX_DESCRIPTION_CHARS = 1_024;

export interface Governed {
  /** Of the document: its resources have to lie under it. Null of what governs the whole account. */
  readonly path: string | null;
  /** What a permission is called that has no id. */
  readonly newId: () => string;
}

/** Throws `invalid_request`. */
export function readPermissions(written: unknown, governed: Governed): readonly Permission[] {
  if (!Array.isArray(written)) throw bad("permissionDocument", "a list of permissions");
  if (written.length > MAX_PERMISSIONS_PER_DOCUMENT) {
    throw bad("permissionDocument", `at most ${MAX_PERMISSIONS_PER_DOCUMENT} permissions`);
  }
  const permissions = written.map((one: unknown) => permissionOf(one, governed));
  if (new Set(permissions.map(({ id }) => id)).size < permissions.length) {
    throw bad("id", "another one in each permission");
  }
  if (Buffer.byteLength(JSON.stringify(permissions)) > MAX_DOCUMENT_BYTES) {
    throw bad("permissionDocument", `at most ${MAX_DOCUMENT_BYTES} bytes in all`);
  }
  return permissions;
}

const FIELDS = [
  "id",
  "description",
  "subjects",
  "effect",
  "resources",
  "actions",
  "conditions",
  "meta",
] as const;

function permissionOf(written: unknown, { path, newId }: Governed): Permission {
  const fields = fieldsOf(written, { of: "permission", known: FIELDS });
  return {
    id: idOf(fields.get("id")) ?? newId(),
    description: descriptionOf(fields.get("description")),
    subjects: patternsOf(fields.get("subjects"), "subjects").map(subjectOf),
    effect: effectOf(fields.get("effect")),
    resources: resourcesOf(fields.get("resources"), path),
    actions: patternsOf(fields.get("actions"), "actions").map(actionOf),
    conditions: conditionsOf(fields.get("conditions")),
  };
}

/** What has a name in the object, by the names that are known; null and empty texts are as good as left out. */
export function fieldsOf<Name extends string>(
  written: unknown,
  { of, known }: { readonly of: string; readonly known: readonly Name[] },
): ReadonlyMap<Name, unknown> {
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    throw new Refusal("invalid_request", `A ${of} is an object.`, { field: of });
  }
  const names = new Map(known.map((name) => [name.toLowerCase(), name]));
  const found = new Map<Name, unknown>();
  for (const [key, value] of Object.entries(written)) {
    const name = names.get(key.toLowerCase());
    if (name === undefined) {
      const sentence = `A ${of} has a field that is not known here; those that are: ${known.join(", ")}.`;
      throw new Refusal("invalid_request", sentence, { field: of });
    }
    if (found.has(name)) throw bad(name, "given twice");
    if (value !== null && value !== undefined && value !== "") found.set(name, value);
  }
  return found;
}

const ID = /^[\w-]{1,64}$/;

function idOf(written: unknown): string | undefined {
  if (written === undefined) return undefined;
  if (typeof written === "string" && ID.test(written)) return written;
  throw bad("id", "a text of letters, digits, _ and -");
}

function descriptionOf(written: unknown = ""): string {
  if (typeof written === "string" && written.length <= MAX_DESCRIPTION_CHARS) return written;
  throw bad("description", `a text of at most ${MAX_DESCRIPTION_CHARS} characters`);
}

function effectOf(written: unknown = "allow"): Effect {
  const named = typeof written === "string" ? written.toLowerCase() : "";
  const effect = EFFECTS.find((one) => one === named);
  if (effect) return effect;
  throw bad("effect", `one of ${EFFECTS.join(", ")}`);
}

function patternsOf(written: unknown, field: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(written) ? written : [written];
  const texts = list.flatMap((one) => (typeof one === "string" ? [one.trim()] : []));
  if (texts.length < list.length || texts.length === 0 || texts.includes("")) {
    throw bad(field, "a list of texts, none of them empty");
  }
  if (texts.length > MAX_PATTERNS_PER_PERMISSION) {
    throw bad(field, `at most ${MAX_PATTERNS_PER_PERMISSION} texts`);
  }
  return texts.map((text) => checked(normalized(text), field));
}

/** A star outside of brackets would be a star in a name, and meet nobody. */
function checked(text: string, field: string): string {
  const { head } = documentPattern(text, field);
  if (head.includes("*"))
    throw bad(field, `a * stands in brackets only, and ${ANYTHING} for everything`);
  return text;
}

const SUBJECT = /^(?:users|roles|groups|clients):./s;

function subjectOf(text: string): string {
  const lowered = loweredPattern(text, "subjects");
  // Of an expression at the beginning the prefixes are part.
  if (lowered.startsWith("<") || SUBJECT.test(lowered)) return lowered;
  throw bad("subjects", "each begins with users:, roles:, groups: or clients:");
}

function actionOf(text: string): string {
  const lowered = loweredPattern(text, "actions");
  const pattern = documentPattern(lowered, "actions");
  if (ACTIONS.some((action) => pattern.matches(action))) return lowered;
  throw bad("actions", `of ${ACTIONS.join(", ")}, or ${ANYTHING}`);
}

function resourcesOf(written: unknown, path: string | null): readonly string[] {
  const isLeftOut = written === undefined || (Array.isArray(written) && written.length === 0);
  if (isLeftOut && path !== null) return resourcesUnder(path);
  return patternsOf(written, "resources").map((text) => {
    const resource = resourcePattern(text);
    if (path === null || liesUnder(resource, path)) return resource;
    throw bad(
      "resources",
      "each lies under the path of the policy, up to its first bracket at least",
    );
  });
}

const ADDRESS = "remoteIP";

function conditionsOf(written: unknown = {}): Readonly<Record<string, CidrCondition>> {
  const known = { of: "condition", known: [ADDRESS] } as const;
  const condition = fieldsOf(written, known).get(ADDRESS);
  if (condition === undefined) return {};
  const fields = fieldsOf(condition, { of: "condition", known: ["type", "options"] });
  if (fields.get("type") !== "CIDRCondition") {
    throw bad("conditions", "of the type CIDRCondition only, on remoteIP");
  }
  const cidr = fieldsOf(fields.get("options"), { of: "condition", known: ["cidr"] }).get("cidr");
  if (typeof cidr !== "string" || !isAddressRange(cidr.trim())) {
    throw bad("conditions", "in options.cidr a range of addresses, 192.168.0.0/16 say");
  }
  return { [ADDRESS]: { type: "CIDRCondition", options: { cidr: cidr.trim() } } };
}

function bad(field: string, what: string): Refusal {
  return new Refusal("invalid_request", `The policy's ${field}: ${what}.`, { field });
}
