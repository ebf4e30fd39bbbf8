/**
 * Mints credentials for a secret: an API key, of a service ID that is made for the secret or of one that exists, in the
 * transaction of the secret itself. All that is made in IAM is made by the operations that make it for every caller,
 * with the engine's rights and as its doing. What is made is on a lease from that very transaction on, so that a crash
 * leaves nothing that nobody would take back.
 */
import { crn } from "../../audit/crn.ts";
import type { OperationName } from "../../audit/catalogue.ts";
import { coveringPolicy, type Policy } from "../../identity/policy.ts";
import type { RoleName } from "../../identity/roles.ts";
import type { ServiceId } from "../../identity/service-id.ts";
import { MAX_NAME_CHARS } from "../../identity/text.ts";
import { toRfc3339, type Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Lease } from "../../secrets/lease.ts";
import type { Secret } from "../../secrets/secret.ts";
import { addToGroups } from "../groups/add-members.ts";
import { createApiKey, type CreatedApiKey } from "../identity/api-keys.ts";
import { createPolicy } from "../identity/policies.ts";
import { createServiceId } from "../identity/service-ids.ts";
import type { ChangeOperation, Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { doAsEngine, engineOf, type Engine } from "./engine.ts";
import { SERVICE } from "./find.ts";

/**
 * Leases of one secret at a time. A secret of which each reading has credentials of its own reaches it when it is read
 * more often than that within the length of a lease.
 */
export const MAX_LEASES_PER_SECRET = 100;

/** What the credentials are to be good for. */
export interface ToMint {
  readonly secret: Pick<Secret, "id" | "at" | "name">;
  /** The version whose value they become; null where they are made for one reading. */
  readonly versionId: string | null;
  /** The end of the lease; null for none. */
  readonly expiresAt: Millis | null;
  /** An existing service ID, by its IAM id; left out, the secret has one of its own. */
  readonly serviceId?: string | undefined;
  /** Access groups that it is to be a member of. */
  readonly groups?: readonly string[] | undefined;
  /** A role that it is to have on an instance of Secrets Manager. */
  readonly grant?: { readonly role: RoleName; readonly instance: string } | undefined;
  /** The caller has just named what is asked for: where there is no such thing, that is the caller's mistake. */
  readonly isNew: boolean;
}

export interface Minted {
  readonly key: CreatedApiKey;
  readonly serviceId: ServiceId;
  readonly lease: Lease;
}

/** Whoever is to have the key, as far as it is there already, and what is still to be done for it. */
interface Bearer {
  readonly serviceId: ServiceId | undefined;
  readonly isOwn: boolean;
  readonly missingGroups: readonly string[];
  /** The policy that gives the role already. */
  readonly policy: Policy | undefined;
}

/** Refuses where there is no engine, or it may not do this, or a limit is reached: then nothing has been made. */
export async function mint(wanted: ToMint, context: Context<Transaction>): Promise<Minted> {
  const { store } = context;
  // A sealed vault gives no value out, nor does it have any made.
  context.capabilities.vault.assertUnsealed();
  const { secret, grant } = wanted;
  await assertRoomFor(secret, context);
  const engine = await engineOf(secret.at, context);
  const bearer = await bearerOf(wanted, engine, context);
  const work = new Minting(engine, context, needsOf(wanted, bearer));
  const serviceId = bearer.serviceId ?? (await work.do(createServiceId, labels(wanted, context)));
  const { iamId } = serviceId;
  if (bearer.missingGroups.length > 0) {
    const groups = bearer.missingGroups;
    await work.do(addToGroups, { iam_id: iamId, type: "service", groups });
  }
  const made =
    grant && !bearer.policy
      ? await work.do(createPolicy, { ...terms(grant), subject: iamId })
      : undefined;
  const key = await work.do(createApiKey, { iamId, ...labels(wanted, context), ...ending(wanted) });
  const lease: Lease = {
    id: randomId(),
    at: secret.at,
    secretId: secret.id,
    versionId: wanted.versionId,
    apiKeyId: key.id,
    serviceId: iamId,
    ownsServiceId: bearer.isOwn,
    policyId: made?.id ?? (await leasedPolicy(iamId, bearer.policy, context)),
    expiresAt: wanted.expiresAt,
  };
  await store.leases.insertLease(lease);
  return { key, serviceId, lease };
}

/** Refuses what `mint` would refuse now, but for the engine's rights. Makes nothing. */
export async function assertMintable(wanted: ToMint, context: Context<Transaction>): Promise<void> {
  await bearerOf(wanted, await engineOf(wanted.secret.at, context), context);
}

/** The engine's steps, in their order; each knows what is still to come. */
class Minting {
  readonly #engine: Engine;
  readonly #context: Context<Transaction>;
  readonly #needs: OperationName[];

  constructor(engine: Engine, context: Context<Transaction>, needs: readonly OperationName[]) {
    this.#engine = engine;
    this.#context = context;
    this.#needs = [...needs];
  }

  do<Input extends object, Subject, Output extends object>(
    operation: ChangeOperation<Input, Subject, Output>,
    input: Input,
  ): Promise<Output> {
    this.#needs.shift();
    const by = { engine: this.#engine, context: this.#context, further: this.#needs };
    return doAsEngine(operation, input, by);
  }
}

function needsOf({ grant }: ToMint, bearer: Bearer): readonly OperationName[] {
  return [
    ...(bearer.serviceId ? [] : (["serviceid.create"] as const)),
    ...(bearer.missingGroups.length > 0 ? (["access-group-member.add"] as const) : []),
    ...(grant && !bearer.policy ? (["policy.create"] as const) : []),
    "serviceid-apikey.create",
  ];
}

async function assertRoomFor(
  { id }: Pick<Secret, "id">,
  { store }: Context<Transaction>,
): Promise<void> {
  if ((await store.leases.leasesOf(id)).length < MAX_LEASES_PER_SECRET) return;
  throw new Refusal(
    "limit_reached",
    `The secret has reached the maximum of ${MAX_LEASES_PER_SECRET} credentials at a time: more can be made when leases on these have ended.`,
    { limit: MAX_LEASES_PER_SECRET },
  );
}

async function bearerOf(
  wanted: ToMint,
  engine: Engine,
  context: Context<Transaction>,
): Promise<Bearer> {
  const { account } = wanted.secret.at;
  const isOwn = wanted.serviceId === undefined;
  const serviceId = isOwn
    ? await ownServiceId(wanted, context)
    : await givenServiceId(wanted, engine, context);
  const missingGroups = await missingOf(wanted, serviceId, context);
  if (!wanted.grant || !serviceId) return { serviceId, isOwn, missingGroups, policy: undefined };
  const { roles, resource } = terms(wanted.grant);
  const others = await context.store.identity.policiesOn(account, serviceId.iamId, resource);
  return { serviceId, isOwn, missingGroups, policy: coveringPolicy(others, { id: "", roles }) };
}

/** That of the secret's credentials so far, unless somebody has deleted it. A reading has one of its own. */
async function ownServiceId(
  { secret, versionId }: ToMint,
  { store }: Context<Transaction>,
): Promise<ServiceId | undefined> {
  if (versionId === null) return undefined;
  const leases = await store.leases.leasesOf(secret.id);
  const lease = leases.findLast(({ ownsServiceId }) => ownsServiceId);
  const found = lease && (await store.identity.principal(secret.at.account, lease.serviceId));
  return found?.kind === "serviceid" ? found : undefined;
}

/**
 * Neither the engine's own, whose rights nobody is to be given, nor one that another secret takes with it when it goes.
 */
async function givenServiceId(
  { secret, serviceId = "", isNew }: ToMint,
  { identity }: Engine,
  { store }: Context<Transaction>,
): Promise<ServiceId> {
  const found = await store.identity.principal(secret.at.account, serviceId);
  if (found?.kind !== "serviceid") {
    throw unmet("The service ID of the credentials does not exist in the account.", isNew);
  }
  if (found.iamId === identity.id) {
    throw unmet("The service ID by which credentials are made has none made for itself.", isNew);
  }
  const leases = await store.leases.leasesOn(found.iamId);
  if (leases.some(({ ownsServiceId }) => ownsServiceId)) {
    throw unmet("The service ID was made for a secret, and is there for nothing else.", isNew);
  }
  return found;
}

/** The groups that it is not a member of yet, each of which has to exist. */
async function missingOf(
  { secret, groups = [], isNew }: ToMint,
  serviceId: ServiceId | undefined,
  { store }: Context<Transaction>,
): Promise<readonly string[]> {
  const { account } = secret.at;
  for (const id of groups) {
    if (await store.groups.group(account, id)) continue;
    throw unmet("An access group of the credentials does not exist in the account.", isNew);
  }
  if (!serviceId) return groups;
  const memberships = await store.groups.membershipsOf(account, serviceId.iamId);
  const going = new Set(memberships.filter(({ rule }) => rule === null).map(({ group }) => group));
  return groups.filter((id) => !going.has(id));
}

/** A policy that other leases have is theirs together; one that somebody made is not taken back. */
async function leasedPolicy(
  iamId: string,
  policy: Policy | undefined,
  { store }: Context<Transaction>,
): Promise<string | null> {
  if (!policy) return null;
  const leases = await store.leases.leasesOn(iamId);
  return leases.some(({ policyId }) => policyId === policy.id) ? policy.id : null;
}

function terms({ role, instance }: NonNullable<ToMint["grant"]>) {
  return { roles: [role], resource: { service: SERVICE, instance } } as const;
}

/** The same of a service ID and of a key, so that whoever comes upon either knows where it belongs. */
function labels({ secret }: ToMint, { call }: Context<Transaction>) {
  const secretCrn = crn(SERVICE, call.place, { kind: "secret", id: secret.id });
  return {
    name: `keytrail-${secret.name}`.slice(0, MAX_NAME_CHARS),
    description: `Made for the secret ${secretCrn}`,
  };
}

/**
 * A reading's key ends by itself as well: no lock can hold it. One of a version has to outlast its lease while the
 * version is locked.
 */
function ending({ versionId, expiresAt }: ToMint): { readonly expiresAt?: string } {
  return versionId === null && expiresAt !== null ? { expiresAt: toRfc3339(expiresAt) } : {};
}

function unmet(sentence: string, isNew: boolean): Refusal {
  return new Refusal(isNew ? "invalid_request" : "precondition_failed", sentence);
}
