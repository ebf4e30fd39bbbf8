/** Users, who go by what they log in with: `bob`, or `okta:bob` where a provider vouches for them. */
import { z } from "zod";
import type { FastifyRequest } from "fastify";
import {
  createKnownUser,
  listKnownUsers,
  readKnownUser,
  readUserVersion,
  updateKnownUser,
} from "../../../app/identity/known-users.ts";
import { setPassword } from "../../../app/identity/passwords.ts";
import {
  deleteKnownUser,
  restoreUser,
  type DeletedUser,
} from "../../../app/identity/restore-user.ts";
import { joinGroups, listGroupsOfUser } from "../../../app/identity/user-groups.ts";
import type { KnownUser } from "../../../app/identity/user-versions.ts";
import { isPlainName } from "../../../identity/text.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { About, Answer, Route } from "../../route.ts";
import { bodyAs, flag, parameter, queryAs, versionParameter } from "./fields.ts";
import { errorsOf, namesIn } from "./groups.ts";
import { created, empty, line, ok, restoring } from "./line.ts";
import { asked, envelope, listQuery } from "./lists.ts";
import { metadata, seconds, willBeRemoved } from "./metadata.ts";

/** DSV's names; a longer one than our plain names is an address. */
const USER_NAME = /^[A-Za-z0-9@+._-]{3,100}$/;
const MAX_DISPLAY_NAME_CHARS = 255;

const userName = z
  .string()
  .regex(USER_NAME)
  .refine((name) => isPlainName(name) || name.includes("@"));
const displayName = z.string().max(MAX_DISPLAY_NAME_CHARS);
const password = z.string().transform((text) => new Sensitive(text));

const newUser = z.object({
  userName,
  displayName: displayName.optional(),
  password: password.optional(),
  provider: z.string().optional(),
  externalId: z.string().optional(),
});
const changes = z.object({
  userName: userName.optional(),
  displayName: displayName.optional(),
  password: password.optional(),
});
const passwords = z.object({ currentPassword: password.optional(), newPassword: password });
const deletion = z.object({ force: flag.optional() });

const COMPARISONS = { equal: "equal", contains: "contains", begins_with: "begins" } as const;
const FIELDS = { username: "email", name: "email", displayname: "name" } as const;
const searched = listQuery.extend({
  "search.field": z
    .string()
    .toLowerCase()
    .pipe(z.enum(["username", "name", "displayname"]))
    .optional(),
  "search.comparison": z.enum(["equal", "contains", "begins_with"]).optional(),
  "search.type": z.enum(["string", "number"]).optional(),
});

const named = (request: FastifyRequest) => ({ userName: parameter(request, "name") });

/** Of the characters that names have: anything else is only what somebody made up. */
const about: About = (request) => {
  const id = parameter(request, "name");
  return USER_NAME.test(id) ? { kind: "user", id } : null;
};

export const usersRoutes: readonly Route[] = [
  line("POST /users", createKnownUser, { decode: decodeNew, encode: created(userBody) }),
  line("GET /users", listKnownUsers, {
    decode: decodeSearch,
    encode: ok(({ users, totalCount: total }, request) =>
      envelope({ data: users.map(userBody), total }, asked(queryAs(searched, request))),
    ),
  }),
  line("GET /users/:name", readKnownUser, { decode: named, encode: ok(userBody), about }),
  line("PUT /users/:name", updateKnownUser, {
    decode: decodeChanges,
    encode: ok(userBody),
    about,
  }),
  line("DELETE /users/:name", deleteKnownUser, {
    decode: (request) => ({ ...named(request), ...queryAs(deletion, request) }),
    encode: deletedAnswer,
    about,
  }),
  line("GET /users/:name/version/:version", readUserVersion, {
    decode: (request) => ({
      ...named(request),
      version: versionParameter(parameter(request, "version")),
    }),
    encode: ok((versions) => {
      const { current, asked: old } = versions;
      const all = current === old ? [current] : [current, old];
      return { ...userBody(old), data: all.map(userBody) };
    }),
    about,
  }),
  ...restoring("/users/:name/restore", restoreUser, { decode: named, encode: empty(200), about }),
  line("POST /users/:name/password", setPassword, {
    decode: decodePasswords,
    encode: ok(() => ({ message: "password has been changed" })),
    about,
  }),
  line("GET /users/:name/groups", listGroupsOfUser, {
    decode: named,
    encode: ok(({ email: name, groups, totalCount: total }) => ({
      name,
      groups: groups.map(({ name: groupName, createdAt, createdBy }) => ({
        groupName,
        created: seconds(createdAt),
        createdBy,
      })),
      total,
    })),
    about,
  }),
  line("POST /users/:name/groups", joinGroups, {
    decode: (request) => ({
      ...named(request),
      groups: namesIn(request, ["groupNames", "groups", "memberNames"]),
    }),
    encode: ok(({ groups: groupNames, refused }) => ({ groupNames, errors: errorsOf(refused) })),
    about,
  }),
];

function decodeNew(request: FastifyRequest) {
  const { userName: email, displayName: shown, ...rest } = bodyAs(newUser, request);
  return { email, name: shown ?? email, ...rest };
}

function decodeChanges(request: FastifyRequest) {
  const { userName: newUserName, displayName: name, ...rest } = bodyAs(changes, request);
  return { ...named(request), newUserName, name, ...rest };
}

function decodePasswords(request: FastifyRequest) {
  const { currentPassword: current, newPassword } = bodyAs(passwords, request);
  return {
    ...named(request),
    password: newPassword,
    ...(current === undefined ? {} : { current }),
  };
}

function decodeSearch(request: FastifyRequest) {
  const query = queryAs(searched, request);
  const { search: text, ...part } = asked(query);
  const { "search.field": field, "search.comparison": comparison = "contains" } = query;
  if (text === undefined) return part;
  const within = field === undefined ? {} : { in: FIELDS[field] };
  return { ...part, search: { text, how: COMPARISONS[comparison], ...within } };
}

function userBody(user: KnownUser): object {
  const { iamId: id, email, name, provider, externalId } = user;
  return {
    userName: email,
    displayName: name,
    provider,
    externalId,
    ...metadata({ ...user, id }),
  };
}

function deletedAnswer({ email, dueAt }: DeletedUser): Answer {
  if (dueAt === null) return { status: 204 };
  return { status: 200, body: willBeRemoved(`user ${email}`, dueAt) };
}
