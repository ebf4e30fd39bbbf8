/** Calls about service IDs, read from IBM's wire. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type {
  ListServiceIdsInput,
  ReadServiceIdInput,
} from "../../../../app/identity/read-service-ids.ts";
import type { CreateServiceIdInput } from "../../../../app/identity/service-ids.ts";
import type {
  ServiceIdChange,
  UpdateServiceIdInput,
} from "../../../../app/identity/update-service-id.ts";
import {
  isServiceId,
  MAX_INSTANCE_CRNS,
  type ServiceIdOrder,
} from "../../../../identity/service-id.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { About } from "../../../route.ts";
import { bodyOf, read } from "../body.ts";
import { segment } from "../path.ts";
import { Query } from "../query.ts";
import { newKeyFields, newKeyOf } from "./decode-keys.ts";
import { flagHeader, ifMatchOf } from "./headers.ts";
import { askedOf, type Sorts } from "./pages.ts";

export const SERVICE_ID_SORTS: Sorts<ServiceIdOrder> = {
  name: "name",
  description: "description",
  created_at: "createdAt",
  modified_at: "modifiedAt",
};

const crns = z.array(z.string()).max(MAX_INSTANCE_CRNS).optional();

const newServiceId = z.strictObject({
  account_id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  unique_instance_crns: crns,
  apikey: z.strictObject(newKeyFields).optional(),
});

const changedServiceId = z.strictObject({
  name: z.string().optional(),
  description: z.string().optional(),
  unique_instance_crns: crns,
});

export const aboutServiceId: About = (request) => {
  const id = segment(request, "id");
  return isServiceId(id) ? { kind: "serviceid", id } : null;
};

/** The id of a service ID. Refuses what is no id, so that nothing else is ever looked for, or recorded. */
function serviceIdIn(request: FastifyRequest): string {
  const id = segment(request, "id");
  if (isServiceId(id)) return id;
  throw new Refusal("invalid_request", "The id of a service ID is ServiceId- and a UUID.");
}

export function decodeNewServiceId(request: FastifyRequest): CreateServiceIdInput {
  const given = read(newServiceId, bodyOf(request));
  return {
    account: given.account_id,
    name: given.name,
    description: given.description,
    uniqueInstanceCrns: given.unique_instance_crns,
    lock: flagHeader(request, "Entity-Lock"),
    apiKey: given.apikey && newKeyOf(given.apikey),
  };
}

export function decodeServiceIdList(request: FastifyRequest): ListServiceIdsInput {
  const { query, walk } = askedOf(request, ["account_id", "name"] as const, SERVICE_ID_SORTS);
  return { ...walk, account: query.text("account_id"), name: query.text("name") };
}

export function decodeServiceId(request: FastifyRequest): ReadServiceIdInput {
  const query = new Query(request, ["include_history", "include_activity"]);
  return {
    id: serviceIdIn(request),
    includeHistory: query.flag("include_history"),
    includeActivity: query.flag("include_activity"),
  };
}

export function decodeServiceIdUpdate(request: FastifyRequest): UpdateServiceIdInput {
  const id = serviceIdIn(request);
  const ifMatch = ifMatchOf(request);
  const given = read(changedServiceId, bodyOf(request));
  const { name, description, unique_instance_crns: uniqueInstanceCrns } = given;
  return {
    id,
    change: { kind: "fields", fields: { name, description, uniqueInstanceCrns }, ifMatch },
  };
}

/** What the path alone says; a body is not looked at. */
export function decodeServiceIdLock(
  kind: Exclude<ServiceIdChange["kind"], "fields">,
): (request: FastifyRequest) => UpdateServiceIdInput {
  return (request) => ({ id: serviceIdIn(request), change: { kind } });
}

export function decodeServiceIdId(request: FastifyRequest): { readonly id: string } {
  return { id: serviceIdIn(request) };
}
