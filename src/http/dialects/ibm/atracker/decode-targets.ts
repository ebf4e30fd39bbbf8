/** Bodies of targets, as the operations' inputs. What of a key comes back redacted is the key that there is. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type {
  CreateTargetInput,
  ListTargetsInput,
  UpdateTargetInput,
} from "../../../../app/destinations/targets.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { bodyOf, read } from "../body.ts";
import { Query } from "../query.ts";
import { decodeId, managedBy } from "./decode.ts";
import {
  BUCKET,
  REDACTED_KEY,
  SHOWN_CRN,
  storedName,
  COS,
  CLOUD_LOGS,
  ALIAS,
} from "./target-shape.ts";

const cosEndpoint = z.strictObject({
  endpoint: z.string(),
  target_crn: z.string().max(512).optional(),
  bucket: z.string(),
  api_key: z.string().optional(),
  service_to_service_enabled: z.boolean().optional(),
});
const cloudLogsEndpoint = z.strictObject({ target_crn: z.string() });
const body = {
  name: z.string().optional(),
  region: z.string().optional(),
  cos_endpoint: cosEndpoint.optional(),
  cloudlogs_endpoint: cloudLogsEndpoint.optional(),
  eventstreams_endpoint: z.unknown().optional(),
  appconfig_endpoint: z.unknown().optional(),
  managed_by: managedBy,
};
const newTarget = z.strictObject({
  ...body,
  name: z.string(),
  target_type: z.string(),
});
const changedTarget = z.strictObject({ ...body, target_type: z.string().optional() });

type Endpoints = Pick<
  z.infer<typeof changedTarget>,
  "cos_endpoint" | "cloudlogs_endpoint" | "eventstreams_endpoint" | "appconfig_endpoint"
>;

export function decodeNewTarget(request: FastifyRequest): CreateTargetInput {
  const { name, target_type: targetType, region, ...given } = read(newTarget, bodyOf(request));
  assertServed(targetType);
  const endpoint = endpointOf(targetType, given);
  if (!endpoint) throw bad(FIELD[targetType] ?? "target_type", "is missing");
  return {
    ...storedName(name),
    targetType,
    region,
    addressed: regionLabel(request),
    settings: { kind: endpoint.kind, ...endpoint.settings },
    credentials: endpoint.credentials,
    shown: { ...storedName(name).shown, ...endpoint.shown },
  };
}

/** What there is of it besides, in the settings of its kind, stays. */
export function decodeTarget(request: FastifyRequest): UpdateTargetInput {
  const { name, target_type: targetType, region, ...given } = read(changedTarget, bodyOf(request));
  if (targetType !== undefined) assertServed(targetType);
  const endpoint = endpointOf(targetType ?? typeOf(given), given);
  const named = name === undefined ? undefined : storedName(name);
  return {
    ...decodeId(request),
    newName: named?.name,
    region,
    targetType: endpoint?.type,
    ...(endpoint
      ? {
          credentials: endpoint.credentials,
          settings: (before) => {
            if (before.kind === endpoint.kind) return { ...before, ...endpoint.settings };
            throw bad(FIELD[endpoint.type] ?? "target_type", "is for targets of another type");
          },
        }
      : {}),
    shown: { ...named?.shown, ...endpoint?.shown },
  };
}

export function decodeTargetList(request: FastifyRequest): ListTargetsInput {
  return { region: new Query(request, ["region"]).text("region") };
}

/** `{region}.atracker.…`, with `private.` before it on IBM's private network. */
function regionLabel({ hostname }: FastifyRequest): string {
  const [first = "", second = ""] = hostname.toLowerCase().split(".");
  return first === "private" ? second : first;
}

interface Endpoint {
  readonly type: string;
  readonly kind: string;
  readonly settings: object;
  readonly credentials: Readonly<Record<string, Sensitive<string>>>;
  readonly shown: Readonly<Record<string, string>>;
}

const FIELD: Readonly<Record<string, string>> = {
  [COS]: "cos_endpoint",
  [CLOUD_LOGS]: "cloudlogs_endpoint",
};
/** Of types that there are none of here: what is said there is not passed over. */
const UNSERVED = ["eventstreams_endpoint", "appconfig_endpoint"] as const;

function typeOf(given: Endpoints): string | undefined {
  if (given.cos_endpoint) return COS;
  return given.cloudlogs_endpoint ? CLOUD_LOGS : undefined;
}

function endpointOf(type: string | undefined, given: Endpoints): Endpoint | undefined {
  const fields = [...Object.entries(FIELD), ...UNSERVED.map((field) => ["", field] as const)];
  for (const [one, field] of fields) {
    if (one !== type && given[field as keyof Endpoints]) {
      throw bad(field, "is for targets of another type");
    }
  }
  const { cos_endpoint: cos, cloudlogs_endpoint: logs } = given;
  if (cos) return cosOf(cos);
  if (!logs) return undefined;
  const settings = { crn: logs.target_crn };
  return { type: CLOUD_LOGS, kind: ALIAS, settings, credentials: {}, shown: {} };
}

function cosOf(given: z.infer<typeof cosEndpoint>): Endpoint {
  if (given.service_to_service_enabled === true) {
    const sentence = "must be false: nobody vouches for this service there, it needs an api_key";
    throw bad("cos_endpoint.service_to_service_enabled", sentence);
  }
  const { endpoint, bucket, api_key: key, target_crn: crn } = given;
  const isKept = key === undefined || key === REDACTED_KEY;
  return {
    type: COS,
    kind: BUCKET,
    settings: { endpoint, bucket },
    credentials: isKept ? {} : { api_key: new Sensitive(key) },
    shown: crn === undefined ? {} : { [SHOWN_CRN]: crn },
  };
}

function assertServed(type: string): void {
  if (type === COS || type === CLOUD_LOGS) return;
  const isKafka = type === "event_streams";
  const why = isKafka
    ? "Kafka is not spoken here; whoever runs a broker can read from a bucket, or take the events over HTTP"
    : "targets of that type are not served";
  const rest = "Destinations of other kinds are made by POST /trail/v1/destinations.";
  const sentence = `The field target_type is ${COS} or ${CLOUD_LOGS}: ${why}. ${rest}`;
  throw new Refusal("invalid_request", sentence, { field: "target_type" });
}

function bad(field: string, what: string): Refusal {
  return new Refusal("invalid_request", `The field ${field} ${what}.`, { field });
}
