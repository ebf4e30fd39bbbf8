import { z } from "zod";
import { managedIdOf } from "../../../../identity/service-id.ts";
import { invariant } from "../../../../kernel/errors.ts";
import type { IamCredentialsAttributes } from "../../../../secrets/kinds/iam-credentials.ts";
import { read } from "../body.ts";
import { duration, rotation, rotationOf, secondsOf } from "../fields.ts";
import { date, present, rotationBody } from "../shapes.ts";
import { common, commonOf, type WireKind } from "./wire-kind.ts";

const prototype = z.strictObject({
  secret_type: z.literal("iam_credentials"),
  ...common,
  ttl: duration,
  access_groups: z.array(z.string()).optional(),
  service_id: z.string().optional(),
  account_id: z.string().optional(),
  reuse_api_key: z.boolean().optional(),
  rotation: rotation.optional(),
});

export const iamCredentials: WireKind<"iam_credentials"> = {
  create(body) {
    const secret = read(prototype, body);
    return {
      ...commonOf(secret),
      rotation: secret.rotation && rotationOf(secret.rotation),
      payload: {
        kind: "iam_credentials",
        ttlSeconds: secondsOf(secret.ttl, "ttl"),
        accessGroups: secret.access_groups,
        serviceId: secret.service_id,
        accountId: secret.account_id,
        // IBM's field is required; who leaves it out wants what most want: the same key until it is rotated.
        reuseApiKey: secret.reuse_api_key ?? true,
      },
    };
  },
  metadata({ attributes, rotation: policy, nextRotationAt }) {
    invariant(attributes?.kind === "iam_credentials", "a secret has the attributes of its type");
    return {
      ...attributesBody(attributes),
      ...present("rotation", policy, rotationBody),
      ...present("next_rotation_date", nextRotationAt, date),
    };
  },
  version: ({ attributes }) =>
    attributes?.kind === "iam_credentials"
      ? { api_key_id: attributes.apiKeyId, service_id: managedIdOf(attributes.serviceId) }
      : {},
  value: ({ apiKey, apiKeyId, serviceId }) => ({
    api_key: apiKey.reveal(),
    api_key_id: apiKeyId,
    service_id: managedIdOf(serviceId),
  }),
};

function attributesBody(attributes: IamCredentialsAttributes): object {
  return {
    ttl: String(attributes.ttlSeconds),
    ...present("access_groups", attributes.accessGroups),
    ...present("service_id", attributes.serviceId, managedIdOf),
    service_id_is_static: attributes.serviceIdIsStatic,
    reuse_api_key: attributes.reuseApiKey,
    ...present("api_key_id", attributes.apiKeyId),
    ...present("expiration_date", attributes.leaseEndsAt, date),
  };
}
