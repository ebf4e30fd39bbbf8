/**
 * From an event to the row that is searched. Every index stores this row and the predicate in memory runs on it;
 * what the row does not say cannot be found anywhere, and what it says is found everywhere.
 *
 * - `seq`: the ledger index. `time`: milliseconds since the epoch.
 * - A text column holds the value folded (`fold.ts`); `<column>_cs` holds it as written when that differs.
 * - Number and flag columns hold numbers and booleans.
 * - `data` holds every value that has no column, as `␞path␟value␞path␟value␞` with values folded, so that each
 *   test on a path is a search for a substring. `data_cs` holds in the same form, as written, all values of those
 *   paths of which one differs from its folded form.
 * - Empty texts, nulls and empty objects are absent. Elements of an array share the array's path.
 * - Text is made well formed Unicode; NUL and byte order marks, which stores and decoders swallow, become U+FFFD,
 *   separators inside a value become spaces.
 */
import { asNamedNow, type AuditEvent } from "../audit/event.ts";
import { cloudTrailFactsOf, isAuditEvent } from "../audit/render/cloudtrail-facts.ts";
import { dsvFactsOf } from "../audit/render/dsv.ts";
import { timeOfId } from "../kernel/ids.ts";
import {
  ACTION,
  AWS_REGION,
  DSV_PATH,
  DSV_PRINCIPAL,
  EVENT_CATEGORY,
  EVENT_FIELDS,
  EVENT_NAME,
  EVENT_TIME,
  ID,
  INDEX,
  READ_ONLY,
  RESOURCE_ARN,
  RESOURCE_TYPE,
  SERVICE,
  USER_NAME,
} from "./fields.ts";
import type { Field } from "./fields.ts";
import { fold } from "./fold.ts";

export type EventRow = Readonly<Record<string, string | number | boolean>>;

/** Rises when an event's row changes; an index that stored rows of another version is rebuilt. */
export const PROJECTION_VERSION = 4;
/** U+001E, between one path's value and the next path. */
export const RECORD_SEPARATOR = "\u001e";
/** U+001F, between a path and its value. */
export const UNIT_SEPARATOR = "\u001f";
/** Values nested deeper than this in an event have no path and are not found. */
export const MAX_PATH_DEPTH = 32;

/** The column of a field's text as it was written, filled only where that differs from the folded text. */
export function writtenColumn(field: Field): string {
  return `${field.column}_cs`;
}

interface Node {
  readonly path: string;
  readonly field: Field | undefined;
  readonly members: ReadonlyMap<string, Node>;
}

interface MutableRow {
  [column: string]: string | number | boolean;
}

interface Leaf {
  readonly path: string;
  readonly value: string;
}

const ROOT = nodeOf("");

/** The row of a ledger entry. A line that is not a JSON object is found by its index alone. */
export function projectLine(seq: number, line: Uint8Array): EventRow {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8");
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    event = undefined;
  }
  const isNamed = isObject(event) && typeof event["operation"] === "string";
  return projectEvent(
    seq,
    isNamed ? asNamedNow(event as { operation: AuditEvent["operation"] }) : event,
  );
}

export function projectEvent(seq: number, event: unknown): EventRow {
  const row: MutableRow = { [INDEX.column]: seq };
  const leaves: Leaf[] = [];
  if (isObject(event)) projectMembers({ row, leaves }, ROOT, event);
  row[EVENT_TIME.column] ??= timeFromId(row[ID.column]);
  const action = row[ACTION.column];
  if (typeof action === "string") row[SERVICE.column] = action.split(".", 1)[0] ?? action;
  if (isObject(event)) addFacts(row, event);
  if (leaves.length > 0) addData(row, leaves);
  return row;
}

/** What CloudTrail and DSV call things: of an operation that is not in the catalogue there is no saying. */
function addFacts(row: MutableRow, event: Readonly<Record<string, unknown>>): void {
  if (!isAuditEvent(event)) return;
  const known = event as unknown as AuditEvent;
  const { path, principal } = dsvFactsOf(known);
  setColumn(row, DSV_PATH, path);
  setColumn(row, DSV_PRINCIPAL, principal);
  const facts = cloudTrailFactsOf(known);
  setColumn(row, EVENT_NAME, facts.eventName);
  setColumn(row, EVENT_CATEGORY, facts.eventCategory);
  setColumn(row, READ_ONLY, facts.readOnly);
  setColumn(row, USER_NAME, facts.userName);
  setColumn(row, AWS_REGION, facts.awsRegion);
  setColumn(row, RESOURCE_TYPE, facts.resourceType);
  setColumn(row, RESOURCE_ARN, facts.resourceArn);
}

interface Projected {
  readonly row: MutableRow;
  readonly leaves: Leaf[];
}

function projectMembers(
  into: Projected,
  node: Node,
  object: Readonly<Record<string, unknown>>,
): void {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const below = node.members.get(key);
    if (below === undefined) {
      const path = node.path === "" ? cleaned(key) : `${node.path}.${cleaned(key)}`;
      addLeaves(into.leaves, { path, value, depth: 1 });
    } else if (below.field === undefined && isObject(value)) {
      projectMembers(into, below, value);
    } else if (below.field === undefined || !setColumn(into.row, below.field, value)) {
      addLeaves(into.leaves, { path: below.path, value, depth: 1 });
    }
  }
}

/** False when the value is not of the field's kind: it is then found by its path, as what it is. */
function setColumn(row: MutableRow, field: Field, value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  switch (field.kind) {
    case "number": {
      if (!Number.isSafeInteger(value)) return false;
      row[field.column] = Number(value);
      return true;
    }
    case "flag":
      if (typeof value !== "boolean") return false;
      row[field.column] = value;
      return true;
    case "time": {
      const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
      if (Number.isNaN(time)) return false;
      row[field.column] = time;
      return true;
    }
    case "text":
    case "prose":
    default: {
      if (typeof value === "string" && SIMPLE.test(value)) {
        row[field.column] = value;
        return true;
      }
      const written = scalarText(value);
      if (written === undefined) return false;
      const folded = fold(written);
      row[field.column] = folded;
      if (folded !== written) row[writtenColumn(field)] = written;
      return true;
    }
  }
}

function addLeaves(
  leaves: Leaf[],
  {
    path,
    value,
    depth,
  }: { readonly path: string; readonly value: unknown; readonly depth: number },
): void {
  if (value === null || value === undefined || value === "") return;
  const text = scalarText(value);
  if (text !== undefined) leaves.push({ path, value: text });
  if (typeof value !== "object" || depth >= MAX_PATH_DEPTH) return;
  for (const [key, member] of Object.entries(value)) {
    const below = Array.isArray(value) ? path : `${path}.${cleaned(key)}`;
    addLeaves(leaves, { path: below, value: member, depth: depth + 1 });
  }
}

/** The indexed text of a string, number or boolean. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return cleaned(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function addData(row: MutableRow, leaves: readonly Leaf[]): void {
  let data = RECORD_SEPARATOR;
  let differing: Set<string> | undefined;
  for (const { path, value } of leaves) {
    const folded = SIMPLE.test(value) ? value : fold(value);
    if (folded !== value) (differing ??= new Set()).add(path);
    data += path + UNIT_SEPARATOR + folded + RECORD_SEPARATOR;
  }
  row["data"] = data;
  if (differing === undefined) return;
  let written = RECORD_SEPARATOR;
  for (const { path, value } of leaves) {
    if (differing.has(path)) written += path + UNIT_SEPARATOR + value + RECORD_SEPARATOR;
  }
  row["data_cs"] = written;
}

/** Printable ASCII without capitals: as it should be already, and what most texts are. */
const SIMPLE = /^[ -@[-~]*$/;
// oxlint-disable-next-line no-control-regex -- these are the characters to be replaced
const UNCLEAN = /[\u0000\ufeff\u001e\u001f]/g;

/** The text as it can be stored, with as many UTF-16 units. Queries go through it too, so they look for what is stored. */
export function cleaned(text: string): string {
  if (SIMPLE.test(text)) return text;
  return text
    .toWellFormed()
    .replaceAll(UNCLEAN, (char) => (char === "\u0000" || char === "\ufeff" ? "\ufffd" : " "));
}

/** An event without a readable time stands where its id says it was made, or at the epoch. */
function timeFromId(id: string | number | boolean | undefined): number {
  return (typeof id === "string" ? timeOfId(id) : undefined) ?? 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The tree of the fields' paths, so that an event is walked once. */
function nodeOf(path: string): Node {
  const below = EVENT_FIELDS.filter((field) => path === "" || field.name.startsWith(`${path}.`));
  const depth = path === "" ? 0 : path.split(".").length;
  const keys = new Set(below.map((field) => field.name.split(".")[depth] ?? ""));
  return {
    path,
    field: EVENT_FIELDS.find((field) => field.name === path),
    members: new Map(
      Array.from(keys, (key) => [key, nodeOf(path === "" ? key : `${path}.${key}`)]),
    ),
  };
}
