/**
 * Readings of a secret that is not given the same credentials twice: each mints credentials of its own, on a lease of
 * their own. The reading is then a change; it is recorded, and weighs, as the reading that it is.
 */
import type { Secret } from "../../secrets/secret.ts";
import { factsOf } from "../../secrets/payload.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { SecretWithPayload, VersionWithPayload } from "./answers.ts";
import type { SecretVersion } from "./find.ts";
import { mintForReading } from "./kinds/iam-credentials.ts";
import { currentVersion } from "./open.ts";
import { metadataOf, versionMetadataOf } from "./show.ts";

type Leasing = NonNullable<Located<unknown>["instead"]>;

/** What reading the secret is where each reading has credentials of its own; found as the reading finds it. */
export function leaseSecret(
  locate: (input: never, context: Context<Transaction>) => Promise<Located<Secret>>,
): Leasing {
  const operation = changeOperation<never, Secret, SecretWithPayload>({
    name: "secret.read",
    locate,
    async run(_input, { subject: secret }, context) {
      const version = await currentVersion(context.store.secrets, secret);
      const { payload, attributes } = await mintForReading(secret, context);
      const retrieval = { downloaded: true, retrievedAt: context.now };
      return {
        ...metadataOf({ ...secret, attributes }, context.call.place, retrieval),
        ...factsOf(payload),
        versionId: version?.id ?? null,
        payloadAvailable: true,
        payload,
      };
    },
  });
  // Of the same input as the reading in whose place it stands.
  return operation as Leasing;
}

/** The same of a version; there is one only. */
export function leaseVersion(
  locate: (input: never, context: Context<Transaction>) => Promise<Located<SecretVersion>>,
): Leasing {
  const operation = changeOperation<never, SecretVersion, VersionWithPayload>({
    name: "version.read",
    locate,
    async run(_input, { subject: { secret, version } }, context) {
      const { payload, attributes } = await mintForReading(secret, context);
      const { leaseEndsAt: expiresAt } = attributes;
      return {
        ...versionMetadataOf(secret, { ...version, expiresAt }, true),
        ...factsOf(payload),
        payloadAvailable: true,
        payload,
      };
    },
  });
  // Of the same input as the reading in whose place it stands.
  return operation as Leasing;
}
