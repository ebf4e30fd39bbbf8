/** Paths of policy documents, and what lies under one: a document gives nothing that does not. */
import { Refusal } from "../../kernel/errors.ts";
import { mapped } from "./pattern.ts";

export const MAX_PATH_CHARS = 512;

/** Names of groups and of secrets may have blanks in them; what could be taken for a pattern, or not be seen, none may. */
const PATH = /^[^\p{C}<>*"\\]+$/u;

/** `/secrets/us-east/` as `secrets:us-east`: what is written with either sign, one or several, is kept with one. */
export function documentPath(written: string): string {
  const path = documentPathIn(written);
  if (path !== undefined) return path;
  const sentence = `The path of a policy is what it is about, secrets:us-east say: at most ${MAX_PATH_CHARS} characters, and no pattern.`;
  throw new Refusal("invalid_request", sentence, { field: "path" });
}

/** The same; undefined for what is no such path. */
export function documentPathIn(written: string): string | undefined {
  const path = colonJoined(written.trim()).replace(/^:|:$/g, "");
  return path !== "" && path.length <= MAX_PATH_CHARS && PATH.test(path) ? path : undefined;
}

function colonJoined(text: string): string {
  return text.replace(/[:/]+/g, ":");
}

/** Resources are paths too: what stands outside of brackets is written as paths are. */
export function resourcePattern(text: string): string {
  return mapped(text, { literal: colonJoined, expression: (inner) => inner }, "resources");
}

/** What a permission without resources is about. */
export function resourcesUnder(path: string): readonly string[] {
  return [path, `${path}:<.*>`];
}

const DELEGATION = "config:policies:";

/** Whether all that the pattern may match lies under the path, or is a policy on what does. */
export function liesUnder(resource: string, path: string): boolean {
  if (isUnder(resource, path)) return true;
  return resource.startsWith(DELEGATION) && isUnder(resource.slice(DELEGATION.length), path);
}

/** What stands in brackets may be anything: what is before them has to be under the path already. */
function isUnder(resource: string, path: string): boolean {
  return resource === path || resource.startsWith(`${path}:`);
}
