/** An API key of a service ID: minted for each version, or for each reading, and taken back at the end of its lease. */
import { actingIdOf, isServiceId } from "../../../identity/service-id.ts";
import { invariant, Refusal } from "../../../kernel/errors.ts";
import {
  checkBearer,
  checkIamTtl,
  type IamCredentialsAttributes,
  type IamCredentialsPayload,
  type NewIamCredentials,
} from "../../../secrets/kinds/iam-credentials.ts";
import type { Lease } from "../../../secrets/lease.ts";
import type { Secret } from "../../../secrets/secret.ts";
import { versionSelector } from "../../../secrets/version.ts";
import type { Context } from "../../operation.ts";
import type { Transaction } from "../../state.ts";
import { assertMakesKeys, assertWritesAll } from "../bearer-rights.ts";
import { assertMintable, mint, type ToMint } from "../mint-credentials.ts";
import { openVersion } from "../open.ts";
import { revokeLeasesOf } from "../revoke-credentials.ts";
import type { Behaviour, Made, Renewing } from "./behaviour.ts";

export const iamCredentials: Behaviour<"iam_credentials"> = {
  patches: ["rotation", "ttl"],

  async make(given, making, context) {
    const attributes = attributesFrom(given, context);
    await (attributes.serviceIdIsStatic ? assertMakesKeys(context) : assertWritesAll(context));
    const wanted = { secret: making, versionId: making.versionId, isNew: true };
    if (attributes.reuseApiKey) return minted(attributes, wanted, context);
    if (making.rotation?.autoRotate) throw nothingToRotate("invalid_request");
    // Whoever creates it is told what is amiss, rather than whoever reads it.
    await assertMintable(toMint(attributes, wanted, context), context);
    return { secret: { attributes }, version: { payload: null } };
  },

  async renew(_given, { secret, versionId, restoreFromVersion }, context) {
    const attributes = attributesOf(secret);
    if (!attributes.reuseApiKey) throw nothingToRotate("precondition_failed");
    if (restoreFromVersion !== undefined) {
      return restored({ secret, versionId, restoreFromVersion }, context);
    }
    return minted(attributes, { secret, versionId, isNew: false }, context);
  },

  async patch({ ttl, rotation }, secret) {
    const attributes = attributesOf(secret);
    if (rotation?.autoRotate && !attributes.reuseApiKey) throw nothingToRotate("invalid_request");
    if (ttl === undefined) return {};
    if (ttl === null) {
      throw new Refusal("invalid_request", "An API key is always on a lease.", { field: "ttl" });
    }
    checkIamTtl(ttl);
    return { attributes: { ...attributes, ttlSeconds: ttl } };
  },

  release: (secret, { id: versionId }, context) =>
    revokeLeasesOf(secret, "version-value-removal", { versionId, context }),

  releaseSecret: (secret, context) => revokeLeasesOf(secret, "secret-deletion", { context }),
};

/** A key for one reading of a secret that is not given the same key twice, and what is known of the secret with it. */
export async function mintForReading(
  secret: Secret,
  context: Context<Transaction>,
): Promise<{
  readonly payload: IamCredentialsPayload;
  readonly attributes: IamCredentialsAttributes;
}> {
  const before = attributesOf(secret);
  return mintedKey(before, { secret, versionId: null, isNew: false }, context);
}

/** Whether each reading of the secret has a key of its own. */
export function isMadeWhenRead({ attributes }: Pick<Secret, "attributes">): boolean {
  return attributes?.kind === "iam_credentials" && !attributes.reuseApiKey;
}

function attributesFrom(
  given: NewIamCredentials,
  { call }: Context<Transaction>,
): IamCredentialsAttributes {
  const { ttlSeconds, accessGroups = null, serviceId, accountId, reuseApiKey } = given;
  checkIamTtl(ttlSeconds);
  checkBearer(given);
  if (accountId !== undefined && accountId !== call.place.account) {
    throw new Refusal("invalid_request", "Credentials are made in the account of the instance.", {
      field: "account_id",
    });
  }
  return {
    kind: "iam_credentials",
    ttlSeconds,
    accessGroups,
    serviceId: serviceId === undefined ? null : actingId(serviceId),
    serviceIdIsStatic: serviceId !== undefined,
    reuseApiKey,
    apiKeyId: null,
    leaseEndsAt: null,
  };
}

/** By either of its ids, as people have them at hand. */
function actingId(serviceId: string): string {
  return isServiceId(serviceId) ? actingIdOf(serviceId) : serviceId;
}

type Wanted = Pick<ToMint, "secret" | "versionId" | "isNew">;

async function minted(
  before: IamCredentialsAttributes,
  wanted: Wanted,
  context: Context<Transaction>,
): Promise<Made> {
  const { payload, attributes, lease } = await mintedKey(before, wanted, context);
  return madeOf(payload, attributes, lease);
}

async function mintedKey(
  before: IamCredentialsAttributes,
  wanted: Wanted,
  context: Context<Transaction>,
) {
  const { key, lease } = await mint(toMint(before, wanted, context), context);
  const payload: IamCredentialsPayload = {
    kind: "iam_credentials",
    apiKey: key.value,
    apiKeyId: key.id,
    serviceId: lease.serviceId,
  };
  return { payload, attributes: withLease(before, lease), lease };
}

function toMint(
  { ttlSeconds, accessGroups, serviceId, serviceIdIsStatic }: IamCredentialsAttributes,
  wanted: Wanted,
  { now }: Context<Transaction>,
): ToMint {
  return {
    ...wanted,
    expiresAt: now + ttlSeconds * 1_000,
    serviceId: serviceIdIsStatic ? (serviceId ?? undefined) : undefined,
    groups: accessGroups ?? undefined,
  };
}

function withLease(before: IamCredentialsAttributes, lease: Lease): IamCredentialsAttributes {
  const { apiKeyId, serviceId, expiresAt: leaseEndsAt } = lease;
  return { ...before, apiKeyId, serviceId, leaseEndsAt };
}

function madeOf(
  payload: IamCredentialsPayload,
  attributes: IamCredentialsAttributes,
  { apiKeyId, serviceId, expiresAt }: Lease,
): Made {
  return {
    secret: { attributes },
    version: {
      payload,
      expiresAt,
      attributes: { kind: "iam_credentials", apiKeyId, serviceId },
    },
  };
}

/**
 * The credentials of an older version become those of a new one, with what is left of their lease. They are still the
 * older one's value until that gives it up, but it takes nothing back then.
 */
async function restored(
  { secret, versionId, restoreFromVersion: which }: Restoring,
  context: Context<Transaction>,
): Promise<Made> {
  const { store } = context;
  const version = await store.secrets.version(secret, versionSelector(which.toLowerCase()));
  if (!version) throw unrestorable("There is no such version of the secret.", "invalid_request");
  if (version.number === secret.currentVersion) {
    throw unrestorable("The version is the current one already.", "invalid_request");
  }
  const leases = await store.leases.leasesOf(secret.id);
  const lease = leases.find((one) => one.versionId === version.id);
  const key = lease && (await store.identity.apiKey(secret.at.account, lease.apiKeyId));
  const payload = key && (await openVersion({ secret, version }, context));
  if (!payload) {
    throw unrestorable("The credentials of that version are no longer there.", "gone");
  }
  invariant(payload.kind === "iam_credentials", "a value is of its secret's type");
  await store.leases.moveLease(lease.id, versionId);
  return madeOf(payload, withLease(attributesOf(secret), lease), lease);
}

type Restoring = Pick<Renewing, "secret" | "versionId"> & { readonly restoreFromVersion: string };

function attributesOf({ attributes }: Secret): IamCredentialsAttributes {
  invariant(attributes?.kind === "iam_credentials", "a secret has the attributes of its type");
  return attributes;
}

function nothingToRotate(code: "invalid_request" | "precondition_failed"): Refusal {
  return new Refusal(
    code,
    "Each reading of this secret has an API key of its own: there is none to rotate.",
    { field: "rotation" },
  );
}

function unrestorable(sentence: string, code: "invalid_request" | "gone"): Refusal {
  return new Refusal(code, sentence, { field: "restoreFromVersion" });
}
