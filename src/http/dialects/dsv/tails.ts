/**
 * Paths that have paths in them: `/secrets/us-east/server02/version/3`. Names are written with slashes or colons, one or
 * several, and at their end may stand what is asked of them.
 */
import type { FastifyRequest } from "fastify";
import { Refusal } from "../../../kernel/errors.ts";
import type { Method, Route } from "../../route.ts";

/** What may stand behind a path. `version` and `rollback` have the version behind them. */
export const ENDINGS = ["description", "listpaths", "restore", "version", "rollback"] as const;
export type Ending = (typeof ENDINGS)[number];

export interface Tail {
  /** Joined by slashes, as names of secrets are. */
  readonly path: string;
  readonly ending: Ending | null;
  /** As it was written; empty where no version is asked for. */
  readonly version: string;
}

const TAIL = Symbol("tail");
interface Tailed {
  [TAIL]?: Tail;
}

const MARKED = /^(.*)::(description|listpaths)\/*$/s;
const RESTORE = /^(.+)\/restore$/s;
const VERSIONED = /^(.+)\/(version|rollback)\/([^/]*)$/s;

/** What stands in the place of the `*` of the request's route. Read once for each request. */
export function tailOf(request: FastifyRequest): Tail {
  const kept = request as Tailed;
  return (kept[TAIL] ??= parsed((request.params as { readonly "*"?: string })["*"] ?? ""));
}

function parsed(written: string): Tail {
  const [, marked, mark] = MARKED.exec(written) ?? [];
  if (marked !== undefined) return { path: joined(marked), ending: mark as Ending, version: "" };
  const path = joined(written);
  const [, restored] = RESTORE.exec(path) ?? [];
  if (restored !== undefined) return { path: restored, ending: "restore", version: "" };
  const [, versioned, ending, version = ""] = VERSIONED.exec(path) ?? [];
  if (versioned !== undefined) return { path: versioned, ending: ending as Ending, version };
  return { path, ending: null, version: "" };
}

/** `us-east:server02` as `us-east/server02`. */
export function joined(path: string): string {
  return path.split(/[:/]+/).filter(Boolean).join("/");
}

/** As DSV writes them. */
export function withColons(path: string): string {
  return path.replaceAll("/", ":");
}

/** The lines of one method by what stands behind the path; `""` where nothing does. */
export type ByEnding = Readonly<Partial<Record<Ending | "", Route>>>;

/** One route for every path under `/v1/{base}/`; an ending that no line is for belongs to no operation. */
export function tailed(method: Method, base: string, lines: ByEnding): Route {
  const unknown: Route = {
    method,
    url: `/v1/${base}/*`,
    operation: "request.reject",
    about: () => null,
    perform: (performer, call, request) =>
      performer.reject(call, noSuchCall(), { method: request.method }),
    refuse: (performer, call, refusal) => performer.reject(call, refusal, { method }),
  };
  return {
    ...unknown,
    chosenBy: (request) => lines[tailOf(request).ending ?? ""] ?? unknown,
  };
}

function noSuchCall(): Refusal {
  return new Refusal("method_not_allowed", "There is no such call here.");
}
