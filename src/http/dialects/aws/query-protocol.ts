/**
 * AWS's query protocol ("AWS Query protocol", Smithy): a form of `Tags.member.1.Key=…` in, XML out. STS and IAM speak
 * nothing else.
 */
import { Refusal } from "../../../kernel/errors.ts";
import type { Answer } from "../../route.ts";
import { Members } from "./members.ts";
import type { AnswerFacts, Protocol } from "./protocol.ts";
import { Blob, Timestamp, type WireObject } from "./wire-values.ts";

export const MAX_FORM_FIELDS = 1_000;
export const MAX_FORM_DEPTH = 8;

/** Fields that are about the call, or its signature, and are no members. */
const NO_MEMBER = /^(?:Action|Version|X-Amz-[A-Za-z0-9-]+)$/;

export const queryProtocol: Protocol = {
  name: "query",
  decode: (body, query) => {
    const text = body.length === 0 ? query : Buffer.from(body).toString("utf8");
    return new Members(membersIn(new URLSearchParams(text)), { isText: true });
  },
  encode: (members, facts) => {
    const { action, requestId, xmlNamespace } = facts;
    // Of an answer without members too: clients look for the element where the action has a shape for it.
    const result = element(`${action}Result`, members);
    const metadata = element("ResponseMetadata", { RequestId: requestId });
    return xml(
      200,
      `<${action}Response xmlns="${xmlNamespace}">${result}${metadata}</${action}Response>`,
    );
  },
  encodeError: ({ code, status, message }, { requestId, xmlNamespace }: AnswerFacts) => {
    const error = { Type: status >= 500 ? "Receiver" : "Sender", Code: code, Message: message };
    const body = `${element("Error", error)}${element("RequestId", requestId)}`;
    return xml(status, `<ErrorResponse xmlns="${xmlNamespace}">${body}</ErrorResponse>`);
  },
};

type Tree = { [name: string]: Tree | string };

function membersIn(form: URLSearchParams): Readonly<Record<string, unknown>> {
  const tree: Tree = Object.create(null) as Tree;
  let fields = 0;
  for (const [name, value] of form) {
    if (NO_MEMBER.test(name)) continue;
    if (++fields > MAX_FORM_FIELDS) throw unreadable("has too many fields");
    put(tree, name.split("."), value);
  }
  return listed(tree) as Readonly<Record<string, unknown>>;
}

function put(tree: Tree, path: readonly string[], value: string): void {
  if (path.length > MAX_FORM_DEPTH) throw unreadable("nests too deep");
  let at = tree;
  for (const [i, name] of path.entries()) {
    if (i === path.length - 1) {
      if (at[name] !== undefined) throw unreadable("has a field twice");
      at[name] = value;
      return;
    }
    const next = (at[name] ??= Object.create(null) as Tree);
    if (typeof next === "string") throw unreadable("has a field that is a value and a structure");
    at = next;
  }
}

/** `member.1`, `member.2` … are the items of a list, in the order of their numbers. */
function listed(tree: Tree | string): unknown {
  if (typeof tree === "string") return tree;
  const { member } = tree;
  if (Object.keys(tree).length === 1 && typeof member === "object") {
    return Object.keys(member)
      .toSorted((one, other) => Number(one) - Number(other))
      .map((number) => listed(member[number] ?? ""));
  }
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, listed(value)]));
}

function unreadable(what: string): Refusal {
  return new Refusal("invalid_request", `The form ${what}.`, { reason: "unreadable-body" });
}

function xml(status: number, body: string): Answer {
  return { status, headers: { "Content-Type": "text/xml" }, body };
}

function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: unknown): string {
  if (value instanceof Timestamp) return new Date(value.at).toISOString().replace(/\.\d{3}Z$/, "Z");
  if (value instanceof Blob) return Buffer.from(value.bytes).toString("base64");
  if (Array.isArray(value)) return value.map((item) => element("member", item)).join("");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value as WireObject)
      .map(([name, item]) => element(name, item))
      .join("");
  }
  return escaped(String(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\r": "&#xD;",
};

/** XML 1.0 has no place for most control characters, not even escaped: they become U+FFFD. */
function escaped(text: string): string {
  return (
    text
      .replaceAll(/[&<>"'\r]/g, (char) => ESCAPES[char] ?? char)
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
  );
}
