/**
 * The path of a DSV audit record: the catalogue's path, `secrets:{path}:version:{version}`, with what the event knows in
 * the place of each placeholder. A placeholder that the event has nothing for stays as it is.
 */
import { catalogue, type DsvPlaceholder } from "../catalogue.ts";
import { parseCrn, type Place } from "../crn.ts";
import type { AuditEvent, EventData } from "../event.ts";

/** What an event says for a placeholder, the best first; texts that are empty do not count. */
type Fill = (known: Known) => readonly unknown[];

interface Known {
  /** Of the target; both are empty where it is the place as a whole. */
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly input: EventData;
  readonly output: EventData;
}

const IAM_ID_PREFIX = /^iam-/;

/** Of a secret's path by `/` or by `:`: DSV writes both the second way. */
const joined = (path: unknown): unknown =>
  typeof path === "string" ? path.replaceAll("/", ":") : undefined;

/** A version that goes by its number. */
const counted = (version: unknown): unknown =>
  typeof version === "number" ? String(version) : version;

/** Whose an API key is, where it is the key that is acted on. */
const ownerOf = ({ input }: Known): unknown =>
  typeof input["iamId"] === "string" ? input["iamId"].replace(IAM_ID_PREFIX, "") : undefined;

/** By the placeholders of the catalogue's paths; a clientId is an id with DSV too, all else is called by its name. */
const fills: Readonly<Record<DsvPlaceholder, Fill>> = {
  path: ({ name, input, id }) => [joined(name), joined(input["name"]), id],
  name: (known) =>
    known.kind === "apikey" ? [ownerOf(known)] : [known.name, known.id, ownerOf(known)],
  clientId: (known) => (known.kind === "serviceid" ? [known.id] : [ownerOf(known)]),
  version: ({ input, output }) => [
    input["versionId"],
    input["alias"],
    counted(input["version"]),
    output["versionId"],
  ],
  task: ({ input, output }) => [input["taskId"], output["taskId"]],
  member: ({ input }) => [input["iam_id"]],
  refreshtoken: ({ input }) => [input["refreshtoken"]],
  rule: ({ input }) => [input["id"]],
  id: ({ kind, id, input }) =>
    kind === "profile"
      ? [input["ruleId"], input["linkId"], input["identifier"]]
      : [id, input["id"]],
};

const PLACEHOLDER = /\{([^}]+)\}/g;

export function dsvPathOf({ operation, target, requestData, responseData }: AuditEvent): string {
  const { kind = "", id = "" } = parseCrn(target.id) ?? {};
  const known = { kind, id, name: target.name, input: requestData, output: responseData };
  return inHome(fill(catalogue[operation].dsv[0], known), target.name);
}

/** The same of a target that is no event's yet. */
export function filledPath(template: string, known: Known & { readonly place: Place }): string {
  const home = known.place.home?.principal;
  const path = fill(template, known);
  return home === undefined ? path : path.replace(SECRETS, `home:${home}$1`);
}

function fill(template: string, known: Known): string {
  return template.replaceAll(PLACEHOLDER, (placeholder, key: DsvPlaceholder) => {
    const found = fills[key](known).find((text) => typeof text === "string" && text !== "");
    return typeof found === "string" ? found : placeholder;
  });
}

const SECRETS = /^secrets(:|$)/;
/** What is in a home is called by whose home that is: `users:bob/db`. */
const OF_HOME = /^(?:users|roles|clients):/;

function inHome(path: string, name: string): string {
  if (!OF_HOME.test(name)) return path;
  return path === "secrets" ? `home:${name}` : path.replace(SECRETS, "home:");
}
