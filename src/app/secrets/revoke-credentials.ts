/**
 * Takes credentials back that were minted for a secret: the API key, and what was made with it and nothing else needs.
 * Nothing in IAM holds it up. A lock there, or a key that somebody has deleted before, is no reason for credentials to
 * outlive their secret; what holds them is a lock on the secret's version. Nor can it take the last administrator away:
 * what is on a lease is not counted as one.
 */
import type { Lease } from "../../secrets/lease.ts";
import type { Secret } from "../../secrets/secret.ts";
import { accountPlace } from "../../identity/account.ts";
import { managedIdOf, type ServiceId } from "../../identity/service-id.ts";
import type { Internal } from "../call.ts";
import { removeBelongings, removeKey, removePolicy } from "../identity/removal.ts";
import { serviceIdTarget } from "../identity/service-ids.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { targetOf } from "../identity/find.ts";
import { locatedSecret, toldOf } from "./find.ts";
import { removeHome } from "./remove-home.ts";

/** Why: its lease was over, somebody asked, its version gave up its value, or its secret was deleted. */
export type RevocationTrigger =
  | "lease-end"
  | "request"
  | "version-value-removal"
  | "secret-deletion";

/** Who does with identities what follows from what somebody did with a secret. */
const SERVER: Internal = { kind: "internal", job: "credentials" };

/**
 * Ends the lease, in this transaction: sessions that were opened with the key end with it. Each thing that goes has an
 * event of its own; the first is `secret-credentials.delete`, which says so where the key was gone already.
 */
export async function revokeLease(
  lease: Lease,
  { secret, trigger }: { readonly secret: Secret; readonly trigger: RevocationTrigger },
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, also } = context;
  const { apiKeyId, serviceId, versionId } = lease;
  const { account } = lease.at;
  const key = await store.identity.apiKey(account, apiKeyId);
  await store.leases.deleteLease(lease.id);
  // As answers name it, and the events on the service ID itself.
  const named = { apiKeyId, serviceId: managedIdOf(serviceId) };
  also({
    operation: "secret-credentials.delete",
    target: locatedSecret(call.place, secret, null).target,
    input: {
      id: secret.id,
      versionId: versionId ?? undefined,
      ...named,
      trigger,
      ...toldOf(secret),
    },
    output: { ...named, wasGone: key ? undefined : true },
  });
  const server: Context<Transaction> = {
    ...context,
    caller: SERVER,
    call: { ...call, caller: SERVER, place: accountPlace(account) },
    also: (consequence) => also({ caller: SERVER, ...consequence }),
  };
  if (key) await removeKey(key, server);
  const others = await store.leases.leasesOn(serviceId);
  if (!others.some(({ policyId }) => policyId === lease.policyId)) {
    await removeOwnPolicy(lease, server);
  }
  if (lease.ownsServiceId && others.length === 0) await removeOwnServiceId(lease, server);
}

/** All that was minted for the secret, or for one version of it. */
export async function revokeLeasesOf(
  secret: Secret,
  trigger: RevocationTrigger,
  {
    versionId,
    context,
  }: { readonly versionId?: string | undefined; readonly context: Context<Transaction> },
): Promise<void> {
  for (const lease of await context.store.leases.leasesOf(secret.id)) {
    const isMeant = versionId === undefined || lease.versionId === versionId;
    if (isMeant) await revokeLease(lease, { secret, trigger }, context);
  }
}

async function removeOwnPolicy(
  { at, policyId }: Lease,
  server: Context<Transaction>,
): Promise<void> {
  const policy = policyId && (await server.store.identity.policy(at.account, policyId));
  if (policy) await removePolicy(policy, server);
}

async function removeOwnServiceId(lease: Lease, server: Context<Transaction>): Promise<void> {
  const found = await server.store.identity.principal(lease.at.account, lease.serviceId);
  if (found?.kind !== "serviceid") return;
  await removeBelongings(found, server);
  await removeHome(found, server);
  await server.store.identity.deleteServiceId(found.account, found.id);
  server.also(deletionOf(found, server));
}

function deletionOf(serviceId: ServiceId, { call }: Context<Transaction>) {
  const { id, locked: lock } = serviceId;
  const target = targetOf(call, serviceIdTarget(serviceId));
  return { operation: "serviceid.delete", target, input: { id, lock }, output: {} } as const;
}
