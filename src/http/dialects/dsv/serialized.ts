/**
 * Documents that are sent as a text within a body: JSON or YAML, bounded before they are read. Of YAML no tags, no
 * anchors and no directives: what a text says is what stands there.
 */
import { parseDocument } from "yaml";
import { MAX_DOCUMENT_BYTES } from "../../../identity/documents/document.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { jsonObjectIn, MAX_JSON_DEPTH } from "../../json.ts";

export const SERIALIZATIONS = ["json", "yaml", "yml"] as const;
export type Serialization = (typeof SERIALIZATIONS)[number];

/** With what is said of its permissions besides: blanks, remarks. */
export const MAX_SERIALIZED_BYTES = 4 * MAX_DOCUMENT_BYTES;

/** `- - - -`: each opens a list within a list. */
const NESTED_ON_A_LINE = /(?:[-?][ \t]+){8}/;
const DIRECTIVE = /^%/m;
/** Deeper than that no document is, written with a blank to a level. */
const MAX_INDENT = 200;
const INDENTED = new RegExp(`^ {${MAX_INDENT}}`, "m");

/** Throws `invalid_request`; quotes nothing of the text. */
export function deserialized(text: string, serialization: Serialization): object {
  if (Buffer.byteLength(text) > MAX_SERIALIZED_BYTES) {
    throw new Refusal("too_large", `A document has at most ${MAX_SERIALIZED_BYTES} bytes.`);
  }
  return serialization === "json" ? fromJson(text) : fromYaml(text);
}

function fromJson(text: string): object {
  try {
    return jsonObjectIn(Buffer.from(text));
  } catch (error) {
    if (error instanceof Refusal) throw bad("is no JSON object");
    throw error;
  }
}

function fromYaml(text: string): object {
  if (isTooDeep(text)) throw bad("nests too deep");
  if (DIRECTIVE.test(text)) throw bad("has a directive, which is not allowed");
  const value = yamlValue(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw bad("is no object of YAML");
}

function yamlValue(text: string): unknown {
  const options = { schema: "core", logLevel: "silent", prettyErrors: false } as const;
  const document = parseDocument(text, options);
  // What warns has a tag that means something else elsewhere.
  if (document.errors.length > 0 || document.warnings.length > 0)
    throw bad("is no YAML, or has tags");
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw bad("has an alias, which is not allowed");
  }
}

function isTooDeep(text: string): boolean {
  if (NESTED_ON_A_LINE.test(text) || INDENTED.test(text)) return true;
  let depth = 0;
  for (const sign of text) {
    if (sign === "[" || sign === "{") depth += 1;
    else if (sign === "]" || sign === "}") depth -= 1;
    if (depth > MAX_JSON_DEPTH) return true;
  }
  return false;
}

function bad(what: string): Refusal {
  return new Refusal("invalid_request", `The document ${what}.`, { field: "serialization" });
}
