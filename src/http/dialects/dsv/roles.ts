/** Roles: trusted profiles. */
import { z } from "zod";
import type { DeletedProfile } from "../../../app/profiles/profiles.ts";
import { restoreProfile } from "../../../app/profiles/restore-profile.ts";
import type { Role } from "../../../app/profiles/role.ts";
import {
  createRole,
  deleteRole,
  listNamedRoles,
  readRole,
  readRoleVersion,
  updateRole,
  type RoleVersion,
} from "../../../app/profiles/roles.ts";
import type { FastifyRequest } from "fastify";
import { isPlainName } from "../../../identity/text.ts";
import type { About, Answer, Route } from "../../route.ts";
import { bodyAs, flag, parameter, queryAs, versionParameter } from "./fields.ts";
import { created, empty, line, ok, restoring } from "./line.ts";
import { asked, envelope, listQuery } from "./lists.ts";
import { metadata, willBeRemoved } from "./metadata.ts";

const fields = {
  description: z.string().optional(),
  provider: z.string().optional(),
  externalId: z.string().optional(),
};
const newRole = z.object({ name: z.string(), ...fields });
const changes = z.object({ name: z.string().optional(), ...fields });
const deletion = z.object({ force: flag.optional() });

const name = (request: FastifyRequest) => ({ name: parameter(request, "name") });

/** Of the characters that names have: anything else is only what somebody made up. */
const about: About = (request) => {
  const id = parameter(request, "name");
  return isPlainName(id) ? { kind: "profile", id } : null;
};

export const rolesRoutes: readonly Route[] = [
  line("POST /roles", createRole, {
    decode: (request) => bodyAs(newRole, request),
    encode: created(roleBody),
  }),
  line("GET /roles", listNamedRoles, {
    decode: (request) => asked(queryAs(listQuery, request)),
    encode: ok(({ roles, totalCount: total }, request) =>
      envelope({ data: roles.map(roleBody), total }, asked(queryAs(listQuery, request))),
    ),
  }),
  line("GET /roles/:name", readRole, { decode: name, encode: ok(roleBody), about }),
  line("PUT /roles/:name", updateRole, { decode: decodeChanges, encode: ok(roleBody), about }),
  line("DELETE /roles/:name", deleteRole, {
    decode: (request) => ({ ...name(request), ...queryAs(deletion, request) }),
    encode: deletedAnswer,
    about,
  }),
  line("GET /roles/:name/version/:version", readRoleVersion, {
    decode: (request) => ({
      ...name(request),
      version: versionParameter(parameter(request, "version")),
    }),
    encode: ok((version) => ({ ...versionBody(version), data: [versionBody(version)] })),
    about,
  }),
  ...restoring("/roles/:name/restore", restoreProfile, { decode: name, encode: empty(200), about }),
];

function decodeChanges(request: FastifyRequest) {
  const { name: newName, ...rest } = bodyAs(changes, request);
  return { ...name(request), newName, ...rest };
}

function roleBody(role: Role): object {
  return { ...versionBody(role), groups: role.groups };
}

function versionBody(version: RoleVersion): object {
  const { name: called, description, provider, externalId } = version;
  return { name: called, description, provider, externalId, ...metadata(version) };
}

function deletedAnswer({ dueAt }: DeletedProfile): Answer {
  if (dueAt === null) return { status: 204 };
  return { status: 200, body: willBeRemoved("role", dueAt) };
}
