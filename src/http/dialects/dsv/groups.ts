/** Groups: access groups by their names, with members by theirs. A bare name stands for a user. */
import { z } from "zod";
import type { FastifyRequest } from "fastify";
import {
  createKnownGroup,
  listKnownGroups,
  readKnownGroup,
  type CreatedKnownGroup,
  type GroupWithMembers,
} from "../../../app/groups/known-groups.ts";
import type { KnownGroup } from "../../../app/groups/group-versions.ts";
import {
  addNamedMembers,
  removeNamedMembers,
  type NamedEndings,
} from "../../../app/groups/named-members.ts";
import {
  deleteKnownGroup,
  restoreGroup,
  type DeletedKnownGroup,
} from "../../../app/groups/restore-group.ts";
import type { Refusal } from "../../../kernel/errors.ts";
import type { About, Answer, Route } from "../../route.ts";
import { bodyAs, flag, parameter, queryAs } from "./fields.ts";
import { created, empty, line, ok, restoring } from "./line.ts";
import { askedOf, envelope } from "./lists.ts";
import { metadata, seconds, willBeRemoved } from "./metadata.ts";

const GROUP_NAME = /^[\w@+.: -]{1,100}$/;
const MAX_NAME_CHARS = 512;

/** In JSON a list; in a form, several with commas between them. */
const names = z.union([
  z.array(z.string().min(1).max(MAX_NAME_CHARS)),
  z.string().transform((text) => text.split(",").map((name) => name.trim())),
]);
const newGroup = z.object({
  groupName: z.string(),
  description: z.string().optional(),
  members: names.optional(),
  memberNames: names.optional(),
});
const deletion = z.object({ force: flag.optional() });

const named = (request: FastifyRequest) => ({ name: parameter(request, "name") });

/** Of the characters that names have: anything else is only what somebody made up. */
const about: About = (request) => {
  const id = parameter(request, "name");
  return GROUP_NAME.test(id) ? { kind: "groups", id } : null;
};

const decodeMembers = (request: FastifyRequest) => ({
  ...named(request),
  members: namesIn(request, ["memberNames", "members"]),
});

export const groupsRoutes: readonly Route[] = [
  line("POST /groups", createKnownGroup, {
    decode: (request) => {
      const { groupName: name, description, members, memberNames } = bodyAs(newGroup, request);
      return { name, description, members: [...(members ?? []), ...(memberNames ?? [])] };
    },
    encode: created(createdBody),
  }),
  line("GET /groups", listKnownGroups, {
    decode: askedOf,
    encode: ok(({ groups, totalCount: total }, request) =>
      envelope({ data: groups.map(groupBody), total }, askedOf(request)),
    ),
  }),
  line("GET /groups/:name", readKnownGroup, { decode: named, encode: ok(wholeBody), about }),
  line("DELETE /groups/:name", deleteKnownGroup, {
    decode: (request) => ({ ...named(request), ...queryAs(deletion, request) }),
    encode: deletedAnswer,
    about,
  }),
  ...restoring("/groups/:name/restore", restoreGroup, { decode: named, encode: empty(200), about }),
  line("POST /groups/:name/members", addNamedMembers, {
    decode: decodeMembers,
    encode: ok(addedBody),
    about,
  }),
  line("DELETE /groups/:name/members", removeNamedMembers, {
    decode: decodeMembers,
    encode: removedAnswer,
    about,
  }),
];

/** Under whichever of these the names are sent; all of them. Throws `invalid_request` where there are none. */
export function namesIn(
  request: FastifyRequest,
  fields: readonly [string, ...string[]],
): readonly string[] {
  const [first] = fields;
  const shape = Object.fromEntries(fields.map((field) => [field, names.optional()]));
  const found = bodyAs(z.object(shape), request);
  const all = fields.flatMap((field) => found[field] ?? []);
  return all.length > 0 ? all : (bodyAs(z.object({ [first]: names }), request)[first] ?? []);
}

/** Why each that was refused was. */
export function errorsOf(
  refused: readonly { readonly name: string; readonly refusal: Refusal }[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(refused.map(({ name, refusal }) => [name, refusal.message]));
}

function createdBody({ group, ...endings }: CreatedKnownGroup): object {
  return { ...groupBody(group), ...addedBody(endings) };
}

function addedBody({ done, refused }: NamedEndings): object {
  return { addedMemberNames: done, errors: errorsOf(refused) };
}

/** DSV says no more than that it is done; what is not done has to be said. */
function removedAnswer({ done, refused }: NamedEndings): Answer {
  if (refused.length === 0) return { status: 204 };
  return { status: 200, body: { removedMemberNames: done, errors: errorsOf(refused) } };
}

function groupBody(group: KnownGroup): object {
  const { name: groupName, description } = group;
  return { groupName, description, ...metadata(group) };
}

function wholeBody({ group, members }: GroupWithMembers): object {
  return {
    ...groupBody(group),
    members: members.map(({ name }) => name),
    metaData: members.map(({ name, createdAt, createdBy }) => ({
      name,
      created: seconds(createdAt),
      createdBy,
    })),
    total: members.length,
  };
}

function deletedAnswer({ name, dueAt }: DeletedKnownGroup): Answer {
  if (dueAt === null) return { status: 204 };
  return { status: 200, body: willBeRemoved(`group ${name}`, dueAt) };
}
