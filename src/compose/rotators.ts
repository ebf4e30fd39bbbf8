/** Rotators: what the configuration says of them, joined to how messages are signed and which addresses are nobody's. */
import { readFileSync } from "node:fs";
import { getCACertificates } from "node:tls";
import { ConfigError, type ServeConfig } from "../config.ts";
import type { Clock } from "../kernel/clock.ts";
import { parseSigningKey, signatureHeaders, type SigningKey } from "../kernel/standard-webhooks.ts";
import { isReachable } from "../openid/guarded-fetch.ts";
import { AllowedHosts } from "../rotators/allowed-hosts.ts";
import { KnownRotators } from "../rotators/known-rotators.ts";

type RotationConfig = Pick<
  ServeConfig,
  "rotationHooks" | "rotationHosts" | "rotationCa" | "rotationSecrets"
>;

/** Throws a ConfigError for a secret that cannot sign, and for a file that is no certificates. */
export function openRotators(config: RotationConfig, clock: Clock): KnownRotators {
  const keys = config.rotationSecrets.map(signingKey);
  return new KnownRotators({
    hooks: new Map(config.rotationHooks.map(({ arn, url }) => [arn, url])),
    hosts: new AllowedHosts(config.rotationHosts, isReachable),
    sign: (message) => signatureHeaders({ ...message, at: clock.now() }, keys),
    ca: config.rotationCa === null ? undefined : trusted(config.rotationCa),
  });
}

function signingKey(text: string): SigningKey {
  const key = parseSigningKey(text);
  if (key) return key;
  throw new ConfigError(
    "KEYTRAIL_ROTATION_SECRET is whsec_ and the base64 of a key: echo whsec_$(openssl rand -base64 32) makes one.",
  );
}

/** Besides those that everything here is trusted by. */
function trusted(file: string): readonly string[] {
  return [...getCACertificates("default"), certificatesIn(file)];
}

function certificatesIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError(`--rotation-ca cannot be read: ${file}`, { cause });
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new ConfigError(`--rotation-ca has no certificates in PEM: ${file}`);
}
