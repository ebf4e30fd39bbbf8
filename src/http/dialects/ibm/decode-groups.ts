/** Bodies of the calls about secret groups, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import {
  updateSecretGroupInput,
  type CreateSecretGroupInput,
  type UpdateSecretGroupInput,
} from "../../../app/secrets/secret-groups.ts";
import { bodyOf, patchOf, read } from "./body.ts";
import { groupIdIn } from "./path.ts";

const prototype = z.strictObject({ name: z.string(), description: z.string().optional() });
const patch = z.strictObject({ name: z.string().optional(), description: z.string().nullish() });

export function decodeNewGroup(request: FastifyRequest): CreateSecretGroupInput {
  return read(prototype, bodyOf(request));
}

export function decodeGroupId(request: FastifyRequest): { readonly id: string } {
  return { id: groupIdIn(request) };
}

export function decodeGroupPatch(request: FastifyRequest): UpdateSecretGroupInput {
  const id = groupIdIn(request);
  return updateSecretGroupInput(id, read(patch, patchOf(request)));
}
