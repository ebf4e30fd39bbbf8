/** Service IDs as IBM's IAM Identity shows them. */
import type { FastifyRequest } from "fastify";
import type {
  ListedServiceIds,
  ShownServiceId,
} from "../../../../app/identity/read-service-ids.ts";
import type { CreatedServiceId } from "../../../../app/identity/service-ids.ts";
import { crn } from "../../../../audit/crn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import type { ServiceId } from "../../../../identity/service-id.ts";
import { toRfc3339 } from "../../../../kernel/clock.ts";
import type { Answer } from "../../../route.ts";
import { createdKeyBody } from "./encode-keys.ts";
import { pastBody } from "./encode-past.ts";
import { entity, type EntityBody } from "./line.ts";
import { pageOf } from "./pages.ts";

/** Its CRN is the one by which the trail names it. A description is shown if there is one, as with IBM. */
function serviceIdBody(serviceId: ServiceId): EntityBody {
  const { id, iamId, account, name, description, locked, uniqueInstanceCrns } = serviceId;
  return {
    id,
    iam_id: iamId,
    entity_tag: serviceId.entityTag,
    crn: crn("iam-identity", accountPlace(account), { kind: "serviceid", id }),
    locked,
    created_at: toRfc3339(serviceId.createdAt),
    modified_at: toRfc3339(serviceId.modifiedAt),
    account_id: account,
    name,
    ...(description === "" ? {} : { description }),
    unique_instance_crns: uniqueInstanceCrns,
  };
}

/** With its first key, if one was asked for: the one answer in which the value of that is seen. */
export function createdServiceId(created: CreatedServiceId, request: FastifyRequest): Answer {
  const { apiKey, ...serviceId } = created;
  const apikey = apiKey ? { apikey: createdKeyBody(apiKey) } : {};
  return entity(201, { ...serviceIdBody(serviceId), ...apikey }, request);
}

export function changedServiceId(serviceId: ServiceId, request: FastifyRequest): Answer {
  return shownServiceId({ serviceId }, request);
}

export function shownServiceId(
  { serviceId, ...told }: ShownServiceId,
  request: FastifyRequest,
): Answer {
  return entity(200, { ...serviceIdBody(serviceId), ...pastBody(told) }, request);
}

export function serviceIdList(
  { serviceIds, ...part }: ListedServiceIds,
  request: FastifyRequest,
): Answer {
  const shown = serviceIds.map(({ serviceId }) => serviceId);
  const serviceids = serviceIds.map(({ serviceId, ...told }) => ({
    ...serviceIdBody(serviceId),
    ...pastBody(told),
  }));
  return { status: 200, body: { ...pageOf(shown, part, request), serviceids } };
}
