/** What DSV's clients ask of secrets: by path or id, in bodies and in queries. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { CreateSecretInput } from "../../../app/secrets/create-secret.ts";
import type { CalledSecret } from "../../../app/secrets/find.ts";
import type { SearchSecretsInput } from "../../../app/secrets/search-secrets.ts";
import type { UpdateSecretInput } from "../../../app/secrets/update-secret.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { isUuid } from "../../../kernel/ids.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import { DEFAULT_GROUP_ID } from "../../../secrets/group.ts";
import { MAX_NAME_CHARS } from "../../../secrets/secret.ts";
import { COMPARISONS, type FieldMatch } from "../../../secrets/store.ts";
import type { About } from "../../route.ts";
import { bodyAs, flag, queryAs, versionParameter, wholeNumber } from "./fields.ts";
import { asked, listQuery, type Asked } from "./lists.ts";
import { tailOf } from "./tails.ts";

/** `edit` says that whoever reads is about to change it. */
const whichQuery = z.object({ id: z.string().optional(), edit: flag.optional() });
const deletionQuery = whichQuery.extend({ force: flag.optional() });
const pathsQuery = z.object({ limit: wholeNumber.optional() });

/** By `?id=`, by what stands in the path, or by an id that stands there. */
export function calledSecret(request: FastifyRequest): CalledSecret {
  return called(request, queryAs(whichQuery, request));
}

export function calledVersion(
  request: FastifyRequest,
): CalledSecret & { readonly version: number } {
  return { ...calledSecret(request), version: versionParameter(tailOf(request).version) };
}

export function deletion(request: FastifyRequest): CalledSecret & { readonly force?: boolean } {
  const { force, ...which } = queryAs(deletionQuery, request);
  return { ...called(request, which), ...(force === undefined ? {} : { force }) };
}

function called(
  request: FastifyRequest,
  { id }: { readonly id?: string | undefined },
): CalledSecret {
  const { path } = tailOf(request);
  if (id === undefined) {
    const orId = isUuid(path.toLowerCase()) ? path.toLowerCase() : undefined;
    return { secretId: path, called: [{ name: path, suffix: null }], orId };
  }
  if (!isUuid(id.toLowerCase())) {
    throw new Refusal("invalid_request", "The id of a secret is a UUID.", { field: "id" });
  }
  return { secretId: id, called: [], orId: id.toLowerCase() };
}

/** Whether the request has an id, and so no need of a path. */
export function hasId({ query }: FastifyRequest): boolean {
  return idIn(query) !== "";
}

function idIn(query: unknown): string {
  const { id } = query as { readonly id?: unknown };
  return typeof id === "string" ? id : "";
}

/** A path of the characters that paths have is recorded, whether or not there is such a secret; anything else is not. */
export const aboutSecret: About = (request) => {
  const id = idIn(request.query).toLowerCase();
  if (id !== "") return isUuid(id) ? { kind: "secret", id, name: id } : null;
  const { path } = tailOf(request);
  return isPath(path) ? { kind: "secret", id: "", name: path } : null;
};

/** What other wires allow in names besides can be read by this one. */
const PATH = /^[A-Za-z0-9/@+._=!-]+$/;
const NEW_PATH = /^[A-Za-z0-9/@+._-]+$/;
const ALPHANUMERIC = /[A-Za-z0-9]/;

function isPath(path: string): boolean {
  return path.length <= MAX_NAME_CHARS && PATH.test(path);
}

function checkedPath(path: string): string {
  const isFit =
    path.length <= MAX_NAME_CHARS &&
    NEW_PATH.test(path) &&
    path.split("/").every((part) => ALPHANUMERIC.test(part));
  if (isFit) return path;
  const sentence = `A path has up to ${MAX_NAME_CHARS} letters, digits and characters of :/@+._- and a letter or a digit in each of its parts.`;
  throw new Refusal("invalid_request", sentence, { field: "path" });
}

/** Of a form an object stands in its text. */
const object = z.preprocess(
  (value) => (typeof value === "string" ? parsed(value) : value),
  z.record(z.string(), z.unknown()),
);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const written = z.object({
  data: object.optional(),
  attributes: object.optional(),
  description: z.string().optional(),
  overwrite: flag.optional(),
});

/** Not a word of what is for a secret, in whatever way the body is wrong. */
export function creation(request: FastifyRequest): CreateSecretInput {
  const name = checkedPath(tailOf(request).path);
  const { data, attributes, description } = bodyAs(written, request);
  assertSaysSomething({ data, attributes, description });
  return {
    name,
    secretType: "kv",
    secretGroupId: DEFAULT_GROUP_ID,
    description,
    customMetadata: attributes,
    payload: { kind: "kv", data: new Sensitive(data ?? {}) },
    byNameAlone: true,
  };
}

export function change(request: FastifyRequest): UpdateSecretInput {
  const { data, attributes, description, overwrite = false } = bodyAs(written, request);
  assertSaysSomething({ data, attributes, description });
  return {
    ...calledSecret(request),
    description,
    customMetadata: attributes,
    members: data && {
      data: new Sensitive(data),
      replacesAll: overwrite,
    },
  };
}

function assertSaysSomething(fields: object): void {
  if (Object.values(fields).some((value) => value !== undefined)) return;
  const sentence = "A secret is given data, attributes or a description.";
  throw new Refusal("invalid_request", sentence, { field: "data" });
}

export function pathsAsked(request: FastifyRequest) {
  return { path: tailOf(request).path, limit: queryAs(pathsQuery, request).limit };
}

const searchQuery = listQuery.extend({
  "search.field": z.string().max(512).optional(),
  "search.comparison": z.string().toLowerCase().pipe(z.enum(COMPARISONS)).optional(),
  "search.type": z
    .string()
    .toLowerCase()
    .pipe(z.enum(["string", "number"]))
    .optional(),
  "search.links": flag.optional(),
});
type SearchQuery = z.infer<typeof searchQuery>;

const SORTED = { name: "name", createdAt: "createdAt", modifiedAt: "updatedAt" } as const;

export function searchAsked(request: FastifyRequest): Asked {
  return asked(queryAs(searchQuery, request));
}

export function search(request: FastifyRequest): SearchSecretsInput {
  const query = queryAs(searchQuery, request);
  const { offset, limit, order, sortBy } = asked(query);
  const field = SORTED[sortBy];
  const page = { offset, limit, sort: order === "desc" ? (`-${field}` as const) : field };
  const { searchTerm } = query;
  const fieldMatch = matchIn(query);
  if (fieldMatch) return { ...page, fieldMatch };
  if (searchTerm === undefined) return page;
  // Paths are joined by slashes here, and looked for either way.
  return { ...page, texts: [...new Set([searchTerm, searchTerm.replaceAll(":", "/")])] };
}

const LINKS = { metadata: ["linkConfig", "linkedSecret"] };

function matchIn(query: SearchQuery): FieldMatch | undefined {
  const { searchTerm: value, "search.links": isLinks = false } = query;
  const name = query["search.field"];
  if (name === undefined && !isLinks) return undefined;
  if (value === undefined) {
    throw new Refusal("invalid_request", "The field searchTerm is missing.", {
      field: "searchTerm",
    });
  }
  if (name === undefined) return { field: LINKS, comparison: "equal", value };
  const comparison = query["search.comparison"] ?? "contains";
  const isNumber = query["search.type"] === "number";
  const field = fieldCalled(name);
  return { field, comparison, value: isNumber ? numberIn(value) : wordsFor(field, value) };
}

function fieldCalled(name: string): FieldMatch["field"] {
  if (name === "path") return "name";
  if (name === "description") return "description";
  const [first, ...metadata] = name.split(".");
  if (first === "attributes" && metadata.length > 0) return { metadata };
  const sentence = "Secrets are searched by path, description or attributes.<name>.";
  throw new Refusal("invalid_request", sentence, { field: "search.field" });
}

function wordsFor(field: FieldMatch["field"], value: string): string {
  return field === "name" ? value.replaceAll(":", "/") : value;
}

function numberIn(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  throw new Refusal("invalid_request", "What is searched for is no number.", {
    field: "searchTerm",
  });
}
