/**
 * Whatever is done with secrets, and in IAM behind their back: keys that were minted are on a lease, leases are on keys
 * that were minted, and none outlives its secret, its version or its time.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { deleteApiKey } from "../identity/api-keys.ts";
import { deletePolicy } from "../identity/policies.ts";
import { deleteServiceId } from "../identity/service-ids.ts";
import type { Refusal } from "../../kernel/errors.ts";
import type { Lease } from "../../secrets/lease.ts";
import { ACCOUNT, PLACE, SCHEDULE } from "../testing/test-app.ts";
import type { Performed } from "../perform.ts";
import { createSecret, type CreateSecretInput } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteCredentials } from "./delete-credentials.ts";
import { deleteSecret } from "./delete-secret.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { readSecret } from "./read-secret.ts";
import { createSecretLocks, createSecretLocksInput, deleteSecretLocks } from "./secret-locks.ts";
import {
  iamSecret,
  openMintingApp,
  serviceSecret,
  TTL_S,
  type MintingApp,
} from "./testing/minting.ts";
import { createVersionLocks, createVersionLocksInput } from "./version-locks.ts";

const KINDS = ["shared", "each", "static", "service", "service-static"] as const;
const ACTIONS = [
  "create",
  "rotate",
  "rotate",
  "restore",
  "read",
  "read",
  "delete-data",
  "delete-credentials",
  "delete-secret",
  "lock",
  "lock-previous",
  "unlock",
  "advance",
  "advance",
  "delete-key-in-iam",
  "delete-service-id-in-iam",
  "delete-policy-in-iam",
] as const;

/** What is done, to which of what there is, as a number that is taken round. */
type Step = readonly [action: (typeof ACTIONS)[number], which: number];

class Run {
  readonly #minting: MintingApp;
  readonly #secrets: string[] = [];
  readonly #static: { readonly id: string; readonly crn: string };
  #made = 0;
  /** Keys and policies that somebody deleted in IAM: their leases have yet to find out. */
  readonly gone = new Set<string>();

  constructor(minting: MintingApp, serviceId: { readonly id: string }) {
    this.#minting = minting;
    const crn = `crn:v1:bluemix:public:iam-identity:global:a/${ACCOUNT}::serviceid:${serviceId.id}`;
    this.#static = { id: serviceId.id, crn };
  }

  async do([action, which]: Step): Promise<void> {
    const { app, manager } = this.#minting;
    if (action === "create") return this.#create(which);
    if (action === "advance") {
      app.clock.advance((TTL_S * 1_000) / 3);
      await this.#minting.pass();
      return;
    }
    const leases = await this.leases();
    const lease = leases[which % Math.max(leases.length, 1)];
    if (isInIam(action)) return this.#behindItsBack(action, lease);
    const id = this.#secrets[which % Math.max(this.#secrets.length, 1)];
    if (id === undefined) return;
    const performed = await onSecret[action]({ app, manager, id, lease });
    if (performed.kind === "refused") expect(EXPECTED).toContain(performed.refusal.code);
    else if (action === "delete-secret") this.#secrets.splice(this.#secrets.indexOf(id), 1);
  }

  async #create(which: number): Promise<void> {
    const { app, manager, group } = this.#minting;
    const kind = KINDS[which % KINDS.length] ?? "shared";
    const name = `secret-${(this.#made += 1)}`;
    const inputs: Readonly<Record<(typeof KINDS)[number], () => CreateSecretInput>> = {
      shared: () => iamSecret(name, { accessGroups: [group] }),
      each: () => iamSecret(name, { accessGroups: [group], reuseApiKey: false }),
      static: () => iamSecret(name, { serviceId: this.#static.id }),
      service: () => serviceSecret(name, "Writer"),
      "service-static": () =>
        serviceSecret(name, "Reader", { parameters: { serviceid_crn: this.#static.crn } }),
    };
    const made = await app.perform(createSecret, manager, inputs[kind]());
    if (made.kind === "done") this.#secrets.push(made.output.id);
    else expect(made.refusal.code).toBe("limit_reached");
  }

  async #behindItsBack(action: InIam, lease: Lease | undefined): Promise<void> {
    const { app } = this.#minting;
    if (!lease) return;
    if (action === "delete-key-in-iam") {
      await app.perform(deleteApiKey, SCHEDULE, { id: lease.apiKeyId });
    } else if (action === "delete-policy-in-iam" && lease.policyId !== null) {
      await app.perform(deletePolicy, SCHEDULE, { id: lease.policyId });
    } else if (action === "delete-service-id-in-iam" && lease.ownsServiceId) {
      await app.perform(deleteServiceId, SCHEDULE, { id: lease.serviceId.slice("iam-".length) });
    }
    const there = new Set([
      ...(await this.#minting.minted()).keys,
      ...(await this.#policies()).map(({ id }) => id),
    ]);
    for (const { apiKeyId, policyId } of await this.leases()) {
      for (const id of [apiKeyId, policyId]) if (id !== null && !there.has(id)) this.gone.add(id);
    }
  }

  leases(): Promise<readonly Lease[]> {
    return this.#minting.app.state.read(({ leases }) =>
      Promise.all(this.#secrets.map((id) => leases.leasesOf(id))).then((all) => all.flat()),
    );
  }

  /** What must hold after every step. */
  async check(): Promise<void> {
    const { app } = this.#minting;
    const leases = await this.leases();
    expect(app.database.get("SELECT count(*) AS n FROM leases")?.["n"]).toBe(leases.length);
    const { keys, serviceIds } = await this.#minting.minted();
    const live = leases.filter(({ apiKeyId }) => !this.gone.has(apiKeyId));
    expect(keys.toSorted()).toEqual(live.map(({ apiKeyId }) => apiKeyId).toSorted());
    const owned = new Set(leases.filter((one) => one.ownsServiceId).map((one) => one.serviceId));
    for (const id of serviceIds) expect(owned.has(id)).toBe(true);
    await this.#checkPolicies(leases);
    await this.#checkVersions(leases);
    const over = await app.state.read((view) => view.leases.dueLeases(app.clock.now(), 100));
    // What is due now fell due by an unlocking: the next pass takes it.
    for (const { versionId } of over) expect(versionId).not.toBeNull();
  }

  async #checkPolicies(leases: readonly Lease[]): Promise<void> {
    const there = (await this.#policies()).map(({ id }) => id);
    const leased = leases.flatMap(({ policyId }) => (policyId === null ? [] : [policyId]));
    const live = new Set(leased.filter((id) => !this.gone.has(id)));
    expect(there.toSorted()).toEqual([...live].toSorted());
  }

  /** Those that were made by the engine. */
  async #policies() {
    const { app, engine } = this.#minting;
    const { items } = await app.state.read(({ identity }) =>
      identity.policies(ACCOUNT, undefined, { offset: 0, limit: 1_000 }),
    );
    return items.filter(({ createdBy }) => createdBy === engine.iamId);
  }

  /** A value is there as long as its lease, and the other way round. */
  async #checkVersions(leases: readonly Lease[]): Promise<void> {
    const { app } = this.#minting;
    const at = { account: ACCOUNT, instance: PLACE.instance };
    const valued = await app.state.read(async ({ secrets }) => {
      const found = await Promise.all(this.#secrets.map((id) => secrets.secret(at, id)));
      const there = found.filter((one) => one !== undefined);
      const all = await Promise.all(there.map((one) => secrets.versions(one)));
      return all.flat().flatMap(({ id, hasPayload }) => (hasPayload ? [id] : []));
    });
    const onLease = leases.flatMap(({ versionId }) => (versionId === null ? [] : [versionId]));
    expect(valued.toSorted()).toEqual(onLease.toSorted());
  }
}

interface Acting {
  readonly app: MintingApp["app"];
  readonly manager: MintingApp["manager"];
  readonly id: string;
  readonly lease: Lease | undefined;
}

type InIam = Extract<(typeof ACTIONS)[number], `${string}-in-iam`>;
type OnSecret = Exclude<(typeof ACTIONS)[number], "create" | "advance" | InIam>;

function isInIam(action: OnSecret | InIam): action is InIam {
  return action.endsWith("-in-iam");
}

const onSecret: Readonly<Record<OnSecret, (acting: Acting) => Promise<Performed<object>>>> = {
  rotate: ({ app, manager, id }) => app.perform(createVersion, manager, { id }),
  restore: ({ app, manager, id }) =>
    app.perform(createVersion, manager, { id, restoreFromVersion: "previous" }),
  read: ({ app, manager, id }) => app.perform(readSecret, manager, { id }),
  "delete-data": ({ app, manager, id }) =>
    app.perform(deleteVersionData, manager, { id, alias: "current" }),
  "delete-credentials": ({ app, manager, id, lease }) => {
    const input = { id: lease?.secretId ?? id, apiKeyId: lease?.apiKeyId };
    return app.perform(deleteCredentials, manager, input);
  },
  "delete-secret": ({ app, manager, id }) => app.perform(deleteSecret, manager, { id }),
  lock: ({ app, manager, id }) =>
    app.perform(createSecretLocks, manager, createSecretLocksInput(id, [{ name: "app" }])),
  "lock-previous": ({ app, manager, id }) => {
    const input = createVersionLocksInput({ id, alias: "previous" }, [{ name: "app" }]);
    return app.perform(createVersionLocks, manager, input);
  },
  unlock: ({ app, manager, id }) => app.perform(deleteSecretLocks, manager, { id }),
};

const EXPECTED: readonly Refusal["code"][] = [
  "precondition_failed",
  "invalid_request",
  "limit_reached",
  "not_found",
  "locked",
  "gone",
];

const steps = fc.array(fc.tuple(fc.constantFrom(...ACTIONS), fc.nat(20)), {
  minLength: 10,
  maxLength: 30,
});

it("live minted keys are those of live leases, after any sequence of operations", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const minting = await openMintingApp({ roles: ["Administrator"] });
      try {
        const run = new Run(minting, await minting.serviceId("static"));
        const all: readonly Step[] = [["create", 0], ["create", sequence.length], ...sequence];
        for (const step of all) {
          await run.do(step);
          await run.check();
        }
        await finish(minting, run);
      } finally {
        await minting.app.close();
      }
    }),
    { numRuns: 60 },
  );
}, 30_000);

/** With the last secret goes all that was minted. */
async function finish(minting: MintingApp, run: Run): Promise<void> {
  const { app, manager } = minting;
  for (const id of new Set((await run.leases()).map(({ secretId }) => secretId))) {
    await app.perform(deleteSecretLocks, manager, { id });
    await app.done(deleteSecret, manager, { id });
  }
  expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
}
