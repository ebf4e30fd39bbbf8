/** Secret groups in version 1's words. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type {
  CreateSecretGroupInput,
  ListSecretGroupsOutput,
  SecretGroupView,
  UpdateSecretGroupInput,
} from "../../../../app/secrets/secret-groups.ts";
import { updateSecretGroupInput } from "../../../../app/secrets/secret-groups.ts";
import { read } from "../body.ts";
import { groupIdIn } from "../path.ts";
import { date, present } from "../shapes.ts";
import { collectionOf, mediaTypeOf, resourceIn, type Resource } from "./collection.ts";

const prototype = z.strictObject({ name: z.string(), description: z.string().optional() });
const update = z.strictObject({ name: z.string().optional(), description: z.string().nullish() });

/** What is shown of a group and is nobody's to change. */
const SHOWN_ONLY: ReadonlySet<string> = new Set([
  "id",
  "created_by",
  "creation_date",
  "last_update_date",
]);

export function decodeNewGroup(request: FastifyRequest): CreateSecretGroupInput {
  return newGroupOf(resourceIn(request));
}

export function newGroupOf(resource: Resource): CreateSecretGroupInput {
  return read(prototype, resource);
}

export function decodeGroupUpdate(request: FastifyRequest): UpdateSecretGroupInput {
  return groupUpdateOf(groupIdIn(request), resourceIn(request));
}

export function groupUpdateOf(id: string, resource: Resource): UpdateSecretGroupInput {
  const given = Object.entries(resource).filter(([field]) => !SHOWN_ONLY.has(field));
  return updateSecretGroupInput(id, read(update, Object.fromEntries(given)));
}

export function groupResource(group: SecretGroupView): object {
  return {
    id: group.id,
    name: group.name,
    ...present("description", group.description),
    created_by: group.createdBy,
    creation_date: date(group.createdAt),
    last_update_date: date(group.updatedAt),
    type: mediaTypeOf("group"),
  };
}

export function groupBody(group: SecretGroupView): object {
  return collectionOf("group", [groupResource(group)]);
}

export function groupListBody({ secretGroups }: ListSecretGroupsOutput): object {
  return collectionOf("group", secretGroups.map(groupResource));
}
