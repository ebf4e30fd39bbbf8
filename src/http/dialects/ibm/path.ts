/** What stands in a path: ids, names, and which secret or group the record should say that a call was about. */
import type { FastifyRequest } from "fastify";
import { Refusal } from "../../../kernel/errors.ts";
import { isUuid } from "../../../kernel/ids.ts";
import { DEFAULT_GROUP_ID } from "../../../secrets/group.ts";
import {
  isVersionId,
  versionSelector,
  VERSION_ALIASES,
  type VersionSelector,
} from "../../../secrets/version.ts";
import type { About } from "../../route.ts";

/** The secret's id. Refuses what is no id, so that nothing else is ever looked for. */
export function secretIdIn(request: FastifyRequest): string {
  return uuid(segment(request, "id"), "The id of a secret is a UUID.");
}

export function groupIdIn(request: FastifyRequest): string {
  return groupId(segment(request, "id"));
}

/** The id of a group, wherever a call gives one. */
export function groupId(text: string): string {
  if (text === DEFAULT_GROUP_ID) return text;
  return uuid(text, "The id of a secret group is a UUID or `default`.");
}

export function taskIdIn(request: FastifyRequest): string {
  return uuid(segment(request, "task"), "The id of a task is a UUID.");
}

/** The version's id, or one of the aliases by which IBM's wire lets it be called. */
export function versionIn(request: FastifyRequest): { readonly id: string } & VersionSelector {
  return { id: secretIdIn(request), ...versionSelectorIn(request) };
}

export function versionSelectorIn(request: FastifyRequest): VersionSelector {
  const selector = versionSelector(segment(request, "version"));
  if (selector.versionId === undefined) return selector;
  // As it stands: whoever chose it may have chosen capital letters.
  if (isVersionId(selector.versionId)) return selector;
  const aliases = VERSION_ALIASES.map((alias) => `\`${alias}\``).join(" or ");
  const sentence = `The id of a version is a UUID, ${aliases}; clients of AWS make up others.`;
  throw new Refusal("invalid_request", sentence);
}

export function segment(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string>>)[name] ?? "";
}

/**
 * The secret that a path names. A text that is no id names nothing: it would only fill the record with what
 * strangers make up.
 */
export const aboutSecret: About = (request) => about("secret", segment(request, "id"));

export const aboutGroup: About = (request) => {
  const id = segment(request, "id");
  return id === DEFAULT_GROUP_ID ? { kind: "secret-group", id } : about("secret-group", id);
};

function about(kind: string, id: string): ReturnType<About> {
  return isUuid(id) ? { kind, id: id.toLowerCase() } : null;
}

function uuid(text: string, sentence: string): string {
  if (!isUuid(text)) throw new Refusal("invalid_request", sentence);
  return text.toLowerCase();
}
