import { z } from "zod";
import type { PrivateCertPayload } from "../../../../secrets/kinds/private-cert.ts";
import { ACTIVE, DEACTIVATED, DESTROYED, SECRET_STATES } from "../../../../secrets/secret.ts";
import { read } from "../body.ts";
import {
  formatFields,
  list,
  namingOf,
  emptyAsNull,
} from "../configurations/kinds/authority-fields.ts";
import { duration, rotation, rotationOf, secondsOf } from "../fields.ts";
import { date, present, rotationBody } from "../shapes.ts";
import { common, commonOf, type WireKind } from "./wire-kind.ts";

const prototype = z.strictObject({
  secret_type: z.literal("private_cert"),
  ...common,
  certificate_template: z.string(),
  common_name: z.string().optional(),
  alt_names: list,
  ip_sans: list,
  uri_sans: list,
  other_sans: list,
  csr: z.string().optional(),
  exclude_cn_from_sans: z.boolean().optional(),
  ttl: duration.optional(),
  ...formatFields,
  rotation: rotation.optional(),
});

export const privateCert: WireKind<"private_cert"> = {
  create(body) {
    const secret = read(prototype, body);
    return {
      ...commonOf(secret),
      rotation: secret.rotation && rotationOf(secret.rotation),
      payload: {
        kind: "private_cert",
        certificateTemplate: secret.certificate_template,
        request: {
          naming: namingOf(secret),
          ttlSeconds: secret.ttl === undefined ? null : secondsOf(secret.ttl, "ttl"),
          csr: secret.csr ?? null,
          format: secret.format ?? "pem",
          privateKeyFormat: secret.private_key_format ?? "der",
        },
      },
    };
  },
  metadata({ attributes, expiresAt, rotation: policy, nextRotationAt }) {
    if (attributes?.kind !== "private_cert") return {};
    const { facts, request, revokedAt } = attributes;
    return {
      certificate_template: attributes.certificateTemplate,
      certificate_authority: attributes.certificateAuthority,
      ...present("common_name", facts.commonName || null),
      ...present("alt_names", emptyAsNull(facts.altNames)),
      issuer: facts.issuer,
      serial_number: facts.serialNumber,
      signing_algorithm: facts.signingAlgorithm,
      key_algorithm: facts.keyAlgorithm,
      validity: { not_before: date(facts.notBefore), not_after: date(facts.notAfter) },
      ...present("csr", request.csr),
      ...present("expiration_date", expiresAt, date),
      ...present("next_rotation_date", nextRotationAt, date),
      ...present("rotation", policy, rotationBody),
      ...revocation(revokedAt),
    };
  },
  version({ attributes, payloadAvailable }) {
    if (attributes?.kind !== "certificate") return {};
    const { facts, revokedAt } = attributes;
    const kept = payloadAvailable ? ACTIVE : DESTROYED;
    const state = revokedAt === null ? kept : DEACTIVATED;
    return {
      serial_number: facts.serialNumber,
      validity: { not_before: date(facts.notBefore), not_after: date(facts.notAfter) },
      state,
      state_description: SECRET_STATES[state],
      ...revocation(revokedAt),
    };
  },
  value: (payload) => ({
    certificate: certificateOf(payload),
    ...present("private_key", payload.privateKey, (key) => key.reveal()),
    issuing_ca: payload.issuingCa,
    ca_chain: payload.caChain,
  }),
  acted: ({ revokedAt }) => ({ revocation_time_seconds: seconds(Number(revokedAt)) }),
};

/** A bundle is what a server reads in one piece: the key, the certificate, and those above it. */
function certificateOf({ certificate, privateKey, caChain, format }: PrivateCertPayload): string {
  if (format === "pem") return certificate;
  return [privateKey?.reveal() ?? "", certificate, ...caChain].join("");
}

function revocation(revokedAt: number | null): object {
  if (revokedAt === null) return {};
  return {
    revocation_time_seconds: seconds(revokedAt),
    revocation_time_rfc3339: date(seconds(revokedAt) * 1_000),
  };
}

function seconds(millis: number): number {
  return Math.floor(millis / 1_000);
}
