/** Bodies of routes and of settings, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { RoutingSettings } from "../../../../app/destinations/destination.ts";
import type { CreateRouteInput, UpdateRouteInput } from "../../../../app/destinations/routes.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { isUuid } from "../../../../kernel/ids.ts";
import type { About } from "../../../route.ts";
import { bodyOf, read } from "../body.ts";
import { segment } from "../path.ts";
import { Query } from "../query.ts";

/** How the ids of what the operator has pinned begin. */
const PINNED = /^pinned:[A-Za-z0-9_-]{1,100}$/;

/** Of an account or of an enterprise, which there is none of here. */
export const managedBy = z.enum(["account"]).optional();

const id = z.string();
const rule = z.strictObject({ target_ids: z.array(id), locations: z.array(z.string()) });
const newRoute = z.strictObject({
  name: z.string(),
  rules: z.array(rule),
  managed_by: managedBy,
});
const changedRoute = newRoute.extend({ name: z.string().optional() });
const settings = z.strictObject({
  default_targets: z.array(id).optional(),
  permitted_target_regions: z.array(z.string()).optional(),
  metadata_region_primary: z.string(),
  metadata_region_backup: z.string().optional(),
  private_api_endpoint_only: z.boolean(),
});

export function decodeNothing(request: FastifyRequest): object {
  void new Query(request, []);
  return {};
}

/** A region may be asked for, by older SDKs: routes are the account's, in whichever. */
export function decodeRouteList(request: FastifyRequest): object {
  void new Query(request, ["region"]).text("region");
  return {};
}

export function decodeId(request: FastifyRequest): { readonly id: string } {
  const text = segment(request, "id");
  if (isUuid(text)) return { id: text.toLowerCase() };
  if (PINNED.test(text)) return { id: text };
  throw new Refusal("invalid_request", "The id is a UUID.", { field: "id" });
}

/** A text that is no id names nothing. */
export function about(kind: string): About {
  return (request) => {
    const text = segment(request, "id");
    return isUuid(text) ? { kind, id: text.toLowerCase() } : null;
  };
}

export function decodeNewRoute(request: FastifyRequest): CreateRouteInput {
  const { name, rules } = read(newRoute, bodyOf(request));
  return { name, rules: rules.map(ruleOf) };
}

export function decodeRoute(request: FastifyRequest): UpdateRouteInput {
  const { name, rules } = read(changedRoute, bodyOf(request));
  return { ...decodeId(request), name, rules: rules.map(ruleOf) };
}

/** What is left out is nothing: they are replaced as a whole. */
export function decodeSettings(request: FastifyRequest): RoutingSettings {
  const body = read(settings, bodyOf(request));
  return {
    defaultTargets: body.default_targets ?? [],
    permittedTargetRegions: body.permitted_target_regions ?? [],
    metadataRegionPrimary: body.metadata_region_primary,
    metadataRegionBackup: body.metadata_region_backup ?? "",
    isPrivateOnly: body.private_api_endpoint_only,
  };
}

function ruleOf({ target_ids: targetIds, locations }: z.infer<typeof rule>) {
  return { targetIds, locations };
}
