/** Routes and settings as IBM's wire shows them. */
import type { ListedRoutes, ShownRoute } from "../../../../app/destinations/routes.ts";
import type { ShownRoutingSettings } from "../../../../app/destinations/routing-settings.ts";
import type { DeletedTarget } from "../../../../app/destinations/targets.ts";
import { crn } from "../../../../audit/crn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import type { FastifyRequest } from "fastify";
import type { Answer } from "../../../route.ts";
import { date } from "../shapes.ts";

export const SERVICE = "atracker";
export const API_VERSION = 2;
export const MANAGED_BY = "account";

export function routeBody({ route, missing }: ShownRoute): object {
  const { id, name, account, version, content, createdAt, modifiedAt } = route;
  return {
    id,
    name,
    crn: crn(SERVICE, accountPlace(account), { kind: "route", id }),
    version,
    rules: content.rules.map(({ targetIds, locations }) => ({ target_ids: targetIds, locations })),
    created_at: date(createdAt),
    updated_at: date(modifiedAt),
    api_version: API_VERSION,
    managed_by: MANAGED_BY,
    ...messageOf(missingSentences(missing)),
  };
}

export function routeListBody({ routes }: ListedRoutes): object {
  return { routes: routes.map(routeBody) };
}

export function settingsBody({ settings, unrouted, missing }: ShownRoutingSettings): object {
  const sentences = [...missingSentences(missing)];
  if (unrouted.length > 0) {
    sentences.push(
      `No route and no default target is for events of ${unrouted.join(", ")}: they are kept in the log, and sent to no target.`,
    );
  }
  return {
    default_targets: settings.defaultTargets,
    permitted_target_regions: settings.permittedTargetRegions,
    metadata_region_primary: settings.metadataRegionPrimary,
    metadata_region_backup: settings.metadataRegionBackup,
    private_api_endpoint_only: settings.isPrivateOnly,
    api_version: API_VERSION,
    ...messageOf(sentences),
  };
}

/** IBM's WarningReport, where something still names the target. */
export function deletedBody({ routes, isDefault }: DeletedTarget, request: FastifyRequest): Answer {
  const warnings = [
    ...routes.map(({ id, name }) =>
      warning(
        `The route ${name} (${id}) still names this target: what it has for it is sent nowhere.`,
      ),
    ),
    ...(isDefault ? [warning("The settings still name this target among default_targets.")] : []),
  ];
  if (warnings.length === 0) return { status: 204 };
  return { status: 200, body: { status_code: 200, trace: request.id, warnings } };
}

function warning(message: string): object {
  return { code: "target_in_use", message };
}

function missingSentences(missing: readonly string[]): string[] {
  return missing.map((id) => `The target ${id} does not exist any more: nothing is sent to it.`);
}

function messageOf(sentences: readonly string[]): object {
  return sentences.length === 0 ? {} : { message: sentences.join(" ") };
}
