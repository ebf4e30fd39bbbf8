/**
 * Takes credentials of a secret back before its versions do: asked for by a caller, or at the end of their lease by the
 * schedule. What version 1 of IBM's API calls `delete_credentials`.
 */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { isApiKeyId } from "../../identity/api-key.ts";
import { isActingServiceId, isServiceId, managedIdOf } from "../../identity/service-id.ts";
import type { Lease } from "../../secrets/lease.ts";
import { locked } from "../../secrets/lock.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { evenDeleted, locateSecret, type WhichSecret } from "./find.ts";
import { giveUpValue } from "./give-up.ts";
import { revokeLease } from "./revoke-credentials.ts";

interface Naming {
  readonly apiKeyId?: string | undefined;
  readonly serviceId?: string | undefined;
}

/** Which of a secret's credentials: by their API key, or all of one service ID, by either of its ids. */
export type DeleteCredentialsInput = WhichSecret &
  Naming & {
    /** Set by the schedule alone. */
    readonly isAtLeaseEnd?: true | undefined;
  };

export interface DeletedCredentials {
  readonly credentials: readonly { readonly apiKeyId: string; readonly serviceId: string }[];
}

/**
 * Destroys the value of the version whose credentials they were. Refused while that version is locked. One event for
 * each key, and one for everything in IAM that goes with it.
 */
export const deleteCredentials = changeOperation<
  DeleteCredentialsInput,
  Secret,
  DeletedCredentials
>({
  name: "secret-credentials.delete",

  async locate(input, context) {
    // Taking a right away is never too late: leases end also of a secret that waits to be deleted.
    return { ...evenDeleted(await locateSecret(input, context)), byParts: true };
  },

  async run(input, { subject: secret }, context) {
    const { store, now } = context;
    const trigger = input.isAtLeaseEnd ? "lease-end" : "request";
    const leases = await leasesMeant(input, secret, context);
    for (const lease of leases) {
      if (input.isAtLeaseEnd) assertOver(lease, context);
      await assertFree(lease, context);
      await revokeLease(lease, { secret, trigger }, context);
      const { versionId } = lease;
      const version =
        versionId === null ? null : await store.secrets.version(secret, { versionId });
      if (version?.hasPayload) await giveUpValue(secret, version, context);
    }
    await store.secrets.updateSecret({ ...secret, updatedAt: now });
    return { credentials: leases.map(({ apiKeyId, serviceId }) => ({ apiKeyId, serviceId })) };
  },
});

async function leasesMeant(
  { apiKeyId, serviceId }: DeleteCredentialsInput,
  secret: Secret,
  { store }: Context<Transaction>,
): Promise<readonly Lease[]> {
  assertNamed({ apiKeyId, serviceId });
  const leases = (await store.leases.leasesOf(secret.id)).filter((lease) =>
    apiKeyId === undefined
      ? [lease.serviceId, managedIdOf(lease.serviceId)].some((id) => id === serviceId)
      : lease.apiKeyId === apiKeyId,
  );
  if (leases.length === 0) {
    throw new Refusal("not_found", "The secret has no such credentials, or has them no more.");
  }
  return leases;
}

/** What is no id may be the key itself: it is refused as such input is, of which nothing is recorded. */
function assertNamed({ apiKeyId, serviceId }: Naming): void {
  const isNamed =
    serviceId === undefined
      ? apiKeyId !== undefined && isApiKeyId(apiKeyId)
      : apiKeyId === undefined && (isServiceId(serviceId) || isActingServiceId(serviceId));
  if (isNamed) return;
  throw new Refusal(
    "invalid_request",
    "Credentials are named by the id of their API key or of their service ID.",
    { field: "apiKeyId" },
  );
}

/** Between being found due and now, the credentials may have been restored under another lease, or be gone. */
function assertOver({ expiresAt }: Lease, { caller, now }: Context<Transaction>): void {
  invariant(caller.kind === "internal", "leases are ended by the schedule alone");
  if (expiresAt !== null && expiresAt <= now) return;
  throw new Refusal("precondition_failed", "The lease on the credentials is not over.");
}

async function assertFree({ secretId, versionId }: Lease, { store }: Context<Transaction>) {
  const locks = await store.secrets.locksOf(secretId);
  if (locks.some((lock) => lock.versionId === versionId)) throw locked();
}
