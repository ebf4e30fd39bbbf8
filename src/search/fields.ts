/**
 * The fields that a query can name, and what each is compared as. Everything else in an event is still
 * searchable by its JSON path (`requestData.client_id`), as text and numbers.
 */
import { fold } from "./fold.ts";

/**
 * `text` is an identifier or a term: `:` compares from its beginning. `prose` is a sentence: `:` looks anywhere
 * in it. `time` is milliseconds since the epoch in the stores and RFC 3339 in queries.
 */
export type FieldKind = "text" | "prose" | "number" | "flag" | "time";

export interface Field {
  /** The path in the event, which is also the name in queries; letter case does not matter there. */
  readonly name: string;
  readonly kind: FieldKind;
  /** The name in a row; what is stored under it is said in `projection.ts`. */
  readonly column: string;
}

function field(name: string, kind: FieldKind = "text", column = name): Field {
  return { name, kind, column: column.replaceAll(".", "_").toLowerCase() };
}

/** The first part of the action, as in `secrets-manager`: what LogDNA calls the host. Derived, not in the event. */
export const SERVICE = field("serviceName", "text", "service");
/** The entry's position in the ledger. Not in the event: the line does not hold it. */
export const INDEX = field("index", "number", "seq");
export const EVENT_TIME = field("eventTime", "time", "time");
export const ID = field("id");
export const OPERATION = field("operation");
export const ACTION = field("action");
export const OUTCOME = field("outcome");
export const ACCOUNT = field("account");
export const TARGET_NAME = field("target.name");
/** The id of the access key that a call was signed with. */
export const ACCESS_KEY_ID = field("initiator.access.keyId");
/** By which wire it came; `internal` of what the server does of its own accord. */
export const DIALECT = field("dialect");
export const REASON_CODE = field("reason.reasonCode", "number");

/** Fields that stand in the event under their own path. */
export const EVENT_FIELDS: readonly Field[] = [
  ID,
  EVENT_TIME,
  OPERATION,
  ACTION,
  OUTCOME,
  field("severity"),
  field("message", "prose"),
  REASON_CODE,
  field("reason.reasonType"),
  field("reason.reasonForFailure", "prose"),
  field("initiator.id"),
  field("initiator.name"),
  field("initiator.typeURI"),
  field("initiator.authnId"),
  field("initiator.authnName"),
  field("initiator.credential.type"),
  ACCESS_KEY_ID,
  field("initiator.host.address"),
  field("initiator.host.addressType"),
  field("initiator.host.agent"),
  field("target.id"),
  TARGET_NAME,
  field("target.typeURI"),
  field("observer.name"),
  field("correlationId"),
  field("requestId"),
  field("dataEvent", "flag"),
  field("saveServiceCopy", "flag"),
  field("logSourceCRN"),
  ACCOUNT,
  field("region"),
  field("instance"),
  DIALECT,
  field("counters.target", "number"),
  field("counters.initiator", "number"),
];

/** What CloudTrail says of an event, and the event does not: derived as its record is rendered. */
export const EVENT_NAME = field("eventName");
export const EVENT_CATEGORY = field("eventCategory");
export const READ_ONLY = field("readOnly", "flag");
export const USER_NAME = field("userName");
export const AWS_REGION = field("awsRegion");
export const RESOURCE_TYPE = field("resourceType");
export const RESOURCE_ARN = field("resourceArn");

const CLOUDTRAIL_FIELDS = [
  EVENT_NAME,
  EVENT_CATEGORY,
  READ_ONLY,
  USER_NAME,
  AWS_REGION,
  RESOURCE_TYPE,
  RESOURCE_ARN,
];

/** What DSV's record says of an event: the path with the names filled in, and who did it. */
export const DSV_PATH = field("path", "text", "dsv_path");
export const DSV_PRINCIPAL = field("principal", "text", "dsv_principal");

export const FIELDS: readonly Field[] = [
  INDEX,
  SERVICE,
  ...EVENT_FIELDS,
  ...CLOUDTRAIL_FIELDS,
  DSV_PATH,
  DSV_PRINCIPAL,
];

/** Fields that other vocabularies have a name for, and events another one each. */
export function isOfEachEvent({ name }: Field): boolean {
  return name === EVENT_NAME.name;
}

/** Where a word without a field is looked for, besides the values that have no column. */
export const ANYWHERE_FIELDS: readonly Field[] = EVENT_FIELDS.filter(
  ({ kind, name }) => (kind === "text" || kind === "prose") && name !== ID.name,
);

/** Objects whose members an operation chooses; nothing in them can be a misspelling of ours. */
const OPEN_OBJECTS = ["requestData", "responseData"];

/** Names of other query languages, and of wires, for fields of ours. */
const ALIASES: Readonly<Record<string, string>> = {
  host: "serviceName",
  _platform: "serviceName",
  app: "logSourceCRN",
  _app: "logSourceCRN",
  level: "severity",
  "x-global-transaction-id": "requestId",
  "@timestamp": "eventTime",
  timestamp: "eventTime",
  time: "eventTime",
  seq: "index",
  accesskeyid: "initiator.access.keyId",
};

const BY_NAME = new Map(FIELDS.map((known) => [fold(known.name), known]));

/** What a name in a query stands for. */
export type Resolved =
  | { readonly kind: "field"; readonly field: Field }
  /** An object: `initiator` and the fields below it. */
  | { readonly kind: "object"; readonly name: string; readonly fields: readonly Field[] }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "misspelt"; readonly suggestion: string };

/** Resolves a name. Known names in any case; paths exactly as they are in the event. */
export function resolveField(name: string): Resolved {
  const folded = fold(name);
  const known = BY_NAME.get(fold(ALIASES[folded] ?? folded));
  if (known !== undefined) return { kind: "field", field: known };
  const fields = FIELDS.filter((candidate) => fold(candidate.name).startsWith(`${folded}.`));
  if (fields.length > 0 || OPEN_OBJECTS.includes(name)) return { kind: "object", name, fields };
  if (OPEN_OBJECTS.some((open) => name.startsWith(`${open}.`))) return { kind: "path", path: name };
  const suggestion = nearest(folded);
  return suggestion === undefined ? { kind: "path", path: name } : { kind: "misspelt", suggestion };
}

/** Edits that still count as a slip of the finger; in a short name every edit makes another word. */
const MAX_EDITS = 2;
const MIN_LENGTH_TO_SUGGEST = 4;

function nearest(name: string): string | undefined {
  if (name.length < MIN_LENGTH_TO_SUGGEST) return undefined;
  const allowed = name.length < 7 ? 1 : MAX_EDITS;
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const candidate of [...FIELDS.map((known) => known.name), ...OPEN_OBJECTS]) {
    const edits = editDistance(name, fold(candidate));
    if (edits <= allowed && edits < (best?.edits ?? Infinity)) best = { name: candidate, edits };
  }
  return best?.name;
}

/** Levenshtein's distance, with one row of the table kept. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_EDITS) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
