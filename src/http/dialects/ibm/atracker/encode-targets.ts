/** Targets as IBM's wire shows them. */
import {
  SHOWN_REGION,
  type ListedTargets,
  type TargetView,
  type ValidatedTarget,
} from "../../../../app/destinations/targets.ts";
import type { DestinationView } from "../../../../app/destinations/view.ts";
import { crn } from "../../../../audit/crn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import { date } from "../shapes.ts";
import { API_VERSION, MANAGED_BY, SERVICE } from "./encode.ts";
import {
  ALIAS,
  BUCKET,
  CLOUD_LOGS,
  COS,
  REDACTED_KEY,
  SHOWN_CRN,
  shownName,
} from "./target-shape.ts";

const TYPES: Readonly<Record<string, string>> = { [BUCKET]: COS, [ALIAS]: CLOUD_LOGS };

export function targetBody({ id, account, target }: TargetView): object {
  const region = target.shown[SHOWN_REGION] ?? "";
  const place = { ...accountPlace(account), ...(region === "" ? {} : { region }) };
  return {
    id,
    name: shownName(target.name, target.shown),
    crn: crn(SERVICE, place, { kind: "target", id }),
    // Of what others have made, the kind of destination: none of IBM's.
    target_type: TYPES[target.settings.kind] ?? target.settings.kind,
    region,
    ...endpointOf(target),
    write_status: writeStatusOf(target),
    ...(target.made
      ? { created_at: date(target.made.createdAt), updated_at: date(target.made.modifiedAt) }
      : {}),
    ...messageOf(target),
    api_version: API_VERSION,
    managed_by: MANAGED_BY,
  };
}

export function targetListBody({ targets }: ListedTargets): object {
  return { targets: targets.map(targetBody) };
}

/** What came of it just now, whatever the deliveries have found. */
export function validatedBody(validated: ValidatedTarget): object {
  const { isReached, problem, at } = validated;
  return {
    ...targetBody(validated),
    write_status: {
      ...writeStatusOf(validated.target),
      status: isReached ? "success" : "failure",
      ...(isReached ? {} : { last_failure: date(at), reason_for_last_failure: problem }),
    },
  };
}

function endpointOf({ settings, shown, credentialNames }: DestinationView): object {
  const said = settings as { readonly kind: string } & Readonly<Record<string, unknown>>;
  if (settings.kind === ALIAS) return { cloudlogs_endpoint: { target_crn: said["crn"] } };
  if (settings.kind !== BUCKET) return {};
  return {
    cos_endpoint: {
      endpoint: said["endpoint"],
      target_crn: shown[SHOWN_CRN] ?? "",
      bucket: said["bucket"],
      ...(credentialNames.includes("api_key") ? { api_key: REDACTED_KEY } : {}),
      service_to_service_enabled: false,
    },
  };
}

function writeStatusOf({ report }: DestinationView): object {
  const { lastTrouble = null, failingSince = null } = report?.progress ?? {};
  return {
    status: failingSince === null ? "success" : "failure",
    ...(lastTrouble
      ? { last_failure: date(lastTrouble.at), reason_for_last_failure: lastTrouble.problem }
      : {}),
  };
}

function messageOf({ isPinned, isRouted, isPaused }: DestinationView): object {
  const sentences = [
    ...(isPinned ? ["The operator has pinned it in the configuration."] : []),
    ...(isRouted ? [] : ["It gets everything that it is for, whatever routes say."]),
    ...(isPaused ? ["It is paused: nothing is sent to it for now."] : []),
  ];
  return sentences.length === 0 ? {} : { message: sentences.join(" ") };
}
