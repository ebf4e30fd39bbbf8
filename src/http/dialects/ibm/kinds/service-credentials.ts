import { z } from "zod";
import { crn, parseCrn } from "../../../../audit/crn.ts";
import { accountPlace } from "../../../../identity/account.ts";
import { managedIdOf } from "../../../../identity/service-id.ts";
import { invariant, Refusal } from "../../../../kernel/errors.ts";
import type { MadeInIam, SourceService } from "../../../../secrets/kinds/service-credentials.ts";
import { CREDENTIAL_ROLES } from "../../../../app/secrets/kinds/service-credentials.ts";
import { read } from "../body.ts";
import { duration, jsonObject, rotation, rotationOf, secondsOf } from "../fields.ts";
import { crnOfRole } from "../policies/role-crn.ts";
import { date, present, rotationBody } from "../shapes.ts";
import { common, commonOf, type WireKind } from "./wire-kind.ts";

const named = z.strictObject({ crn: z.string() });

const prototype = z.strictObject({
  secret_type: z.literal("service_credentials"),
  ...common,
  source_service: z.strictObject({
    instance: named,
    role: named,
    parameters: jsonObject.optional(),
  }),
  ttl: duration.optional(),
  rotation: rotation.optional(),
});

export const serviceCredentials: WireKind<"service_credentials"> = {
  create(body) {
    const secret = read(prototype, body);
    const { ttl, source_service: source } = secret;
    return {
      ...commonOf(secret),
      rotation: secret.rotation && rotationOf(secret.rotation),
      payload: {
        kind: "service_credentials",
        ttlSeconds: ttl === undefined ? undefined : secondsOf(ttl, "ttl"),
        source: {
          instanceCrn: source.instance.crn,
          role: roleIn(source.role.crn),
          roleCrn: source.role.crn,
          parameters: source.parameters ?? null,
        },
      },
    };
  },
  metadata({ attributes, rotation: policy, nextRotationAt }) {
    invariant(attributes?.kind === "service_credentials", "a secret has its type's attributes");
    const { ttlSeconds, leaseEndsAt, source, made } = attributes;
    return {
      ...present("ttl", ttlSeconds, String),
      ...present("rotation", policy, rotationBody),
      ...present("next_rotation_date", nextRotationAt, date),
      ...present("expiration_date", leaseEndsAt, date),
      source_service: sourceBody(source, made),
    };
  },
  version: ({ attributes }) =>
    attributes?.kind === "service_credentials"
      ? { resource_key: resourceKey(attributes.source, attributes.made) }
      : {},
  value: ({ credentials }) => ({ credentials: credentials.reveal() }),
};

/** Refuses what is no role on an instance, naming all that are. */
function roleIn(roleCrn: string): SourceService["role"] {
  const role = CREDENTIAL_ROLES.find((one) => crnOfRole(one) === roleCrn);
  if (role !== undefined) return role;
  const known = CREDENTIAL_ROLES.map(crnOfRole).join(", ");
  throw new Refusal("invalid_request", `Service credentials have one of the roles ${known}.`, {
    field: "source_service.role",
  });
}

function sourceBody(source: SourceService, made: MadeInIam): object {
  const { instanceCrn, roleCrn, parameters } = source;
  const { apiKeyId: id, apiKeyName: name, apiKeyDescription: description } = made;
  return {
    instance: { crn: instanceCrn },
    role: { crn: roleCrn },
    ...present("parameters", parameters),
    iam: {
      apikey: { id, name, description },
      role: { crn: roleCrn },
      serviceid: { crn: serviceIdCrn(source, made) },
    },
    resource_key: resourceKey(source, made),
  };
}

/** What stands for the credentials as a whole: a part of the instance that they are for, as with IBM. */
function resourceKey(
  { instanceCrn }: SourceService,
  { leaseId: id, apiKeyName: name }: MadeInIam,
): object {
  const place = parseCrn(instanceCrn);
  invariant(place !== undefined, "the instance was found by its CRN");
  return { crn: crn(place.service, place, { kind: "resource-key", id }), name };
}

function serviceIdCrn({ instanceCrn }: SourceService, { serviceId }: MadeInIam): string {
  const account = parseCrn(instanceCrn)?.account ?? "";
  return crn("iam-identity", accountPlace(account), {
    kind: "serviceid",
    id: managedIdOf(serviceId),
  });
}
