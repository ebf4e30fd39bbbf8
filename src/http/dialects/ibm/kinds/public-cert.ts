import { z } from "zod";
import {
  publicKeyAlgorithms,
  type Challenge,
  type IssuanceInfo,
  type PublicCertAttributes,
} from "../../../../secrets/kinds/public-cert.ts";
import { SECRET_STATES } from "../../../../secrets/secret.ts";
import { read } from "../body.ts";
import { renewal, renewalOf } from "../fields.ts";
import { date, present } from "../shapes.ts";
import { certificateBody, partsBody } from "./certificate.ts";
import { common, commonOf, type WireKind } from "./wire-kind.ts";

const prototype = z.strictObject({
  secret_type: z.literal("public_cert"),
  ...common,
  common_name: z.string(),
  alt_names: z.array(z.string()).optional(),
  key_algorithm: z.enum(publicKeyAlgorithms).optional(),
  ca: z.string(),
  dns: z.string(),
  bundle_certs: z.boolean().optional(),
  rotation: renewal.optional(),
});

export const publicCert: WireKind<"public_cert"> = {
  create(body) {
    const secret = read(prototype, body);
    return {
      ...commonOf(secret),
      payload: {
        kind: "public_cert",
        commonName: secret.common_name,
        altNames: secret.alt_names ?? [],
        keyAlgorithm: secret.key_algorithm,
        ca: secret.ca,
        dns: secret.dns,
        bundleCerts: secret.bundle_certs,
        rotation: secret.rotation && renewalOf(secret.rotation),
      },
    };
  },
  metadata({ attributes, expiresAt }) {
    if (attributes?.kind !== "public_cert") return {};
    const { facts, rotation } = attributes;
    return {
      ...present("expiration_date", expiresAt, date),
      ...(facts ? certificateBody(facts) : {}),
      // As they were ordered, whatever the authority has made of them.
      common_name: attributes.commonName,
      alt_names: attributes.altNames,
      key_algorithm: attributes.keyAlgorithm,
      ca: attributes.ca,
      dns: attributes.dns,
      bundle_certs: attributes.bundleCerts,
      rotation: { auto_rotate: rotation.autoRotate, rotate_keys: rotation.rotateKeys },
      issuance_info: issuanceBody(attributes.issuance, attributes),
    };
  },
  version: ({ attributes }) =>
    attributes?.kind === "certificate" ? certificateBody(attributes.facts) : {},
  value: partsBody,
};

/** `auto_rotated` is IBM's word for whether the certificate is going to be rotated on time. */
function issuanceBody(
  { state, challenges, error, orderedAt, validationAt }: IssuanceInfo,
  { rotation }: PublicCertAttributes,
): object {
  return {
    auto_rotated: rotation.autoRotate,
    ...(challenges.length > 0 ? { challenges: challenges.map(challengeBody) } : {}),
    ...present("dns_challenge_validation_time", validationAt, date),
    ...(error ? { error_code: error.code, error_message: error.message } : {}),
    ordered_on: date(orderedAt),
    state,
    state_description: SECRET_STATES[state],
  };
}

function challengeBody(challenge: Challenge): object {
  return {
    domain: challenge.domain,
    ...present("expiration", challenge.expiresAt, date),
    status: challenge.status,
    txt_record_name: challenge.recordName,
    txt_record_value: challenge.recordValue,
  };
}
