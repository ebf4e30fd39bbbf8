/** What is wrong with a setting, in words that say what would be right: the schema's own where it has any. */
import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** How the library's own sentences begin: they are a programmer's. */
const UNWORDED = /^(?:Invalid|Too|Unrecognized) /;
const ABSENT = /received undefined$/;

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

/** Names that nobody knows are the caller's own, and whatever was typed: they are not repeated. */
export function wrongWith(issue: Issue): string {
  if (issue.code === "unrecognized_keys") {
    return "there is something among them that it does not know";
  }
  if (!UNWORDED.test(issue.message)) return issue.message;
  const choices = choicesOf(issue);
  if (choices.length > 0) return `is one of ${choices.join(", ")}`;
  if (issue.code === "too_big") return `${boundOf(issue.origin, issue.maximum)} at most`;
  if (issue.code === "too_small") return `${boundOf(issue.origin, issue.minimum)} at least`;
  if (ABSENT.test(issue.message)) return "is missing";
  const type = issue.code === "invalid_type" ? TYPES[issue.expected] : undefined;
  return type === undefined ? "is none of what it takes" : `is ${type}`;
}

function choicesOf(issue: Issue): readonly unknown[] {
  if (issue.code === "invalid_value") return issue.values;
  const isChosen = issue.code === "invalid_union" && "options" in issue;
  return isChosen && Array.isArray(issue.options) ? issue.options : [];
}

function boundOf(origin: string, bound: number | bigint): string {
  if (origin === "string") return `has ${bound} characters`;
  return origin === "array" ? `has ${bound} entries` : `is ${bound}`;
}
