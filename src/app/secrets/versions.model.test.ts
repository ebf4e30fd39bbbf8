/**
 * Versions, aliases and locks against a model of them: every sequence of operations ends as the
 * model says.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { LockMode } from "../../secrets/lock.ts";
import { MAX_VERSIONS_KEPT, type VersionAlias } from "../../secrets/version.ts";
import type { Caller } from "../call.ts";
import { openTestApp, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { listVersions } from "./list-versions.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { readSecret } from "./read-secret.ts";
import { readVersion } from "./read-version.ts";
import {
  createSecretLocks,
  createSecretLocksInput,
  deleteSecretLocks,
  listAllLocks,
  listSecretLocks,
} from "./secret-locks.ts";
import { arbitrary, revealed } from "./testing/inputs.ts";
import {
  createVersionLocks,
  createVersionLocksInput,
  deleteVersionLocks,
} from "./version-locks.ts";

interface ModelVersion {
  value: string | null;
  locks: Set<string>;
}

type Step =
  | { readonly kind: "rotate" }
  | { readonly kind: "delete-data"; readonly alias: VersionAlias }
  | {
      readonly kind: "lock";
      readonly alias: VersionAlias;
      readonly names: readonly string[];
      readonly mode?: LockMode;
    }
  | { readonly kind: "unlock"; readonly alias?: VersionAlias; readonly names?: readonly string[] }
  | { readonly kind: "delete" };

/** What IBM documents of versions and locks, said once more and as plainly as it can be. */
class Model {
  versions: ModelVersion[] = [];
  isDeleted = false;
  #made = 0;

  make(): string {
    const value = `value-${++this.#made}`;
    this.versions.unshift({ value, locks: new Set() });
    if (this.versions[2]) this.versions[2].value = null;
    this.versions.length = Math.min(this.versions.length, MAX_VERSIONS_KEPT);
    return value;
  }

  at(alias: VersionAlias): ModelVersion | undefined {
    return this.versions[alias === "current" ? 0 : 1];
  }

  /** The refusal's code, or undefined when the step is done. */
  apply(step: Step): string | undefined {
    switch (step.kind) {
      case "rotate":
        if ((this.versions[1]?.locks.size ?? 0) > 0) return "locked";
        this.make();
        return undefined;
      case "delete-data": {
        const version = this.at(step.alias);
        if (!version) return "not_found";
        if (version.locks.size > 0) return "locked";
        if (version.value === null) return "gone";
        version.value = null;
        return undefined;
      }
      case "lock":
        return this.#lock(step);
      case "unlock": {
        if (step.alias && !this.at(step.alias)) return "not_found";
        const touched = step.alias ? [this.at(step.alias)!] : this.versions;
        for (const { locks } of touched)
          for (const name of step.names ?? [...locks]) locks.delete(name);
        return undefined;
      }
      case "delete":
        if (this.versions.some((version) => version.locks.size > 0)) return "locked";
        this.isDeleted = true;
        return undefined;
    }
  }

  #lock({ alias, names, mode }: Extract<Step, { kind: "lock" }>): string | undefined {
    const version = this.at(alias);
    if (!version) return "not_found";
    if (version.value === null) return "precondition_failed";
    for (const name of names) version.locks.add(name);
    const previous = this.versions[1];
    if (mode && alias === "current" && previous) {
      for (const name of names) previous.locks.delete(name);
      if (mode === "remove_previous_and_delete" && previous.locks.size === 0) previous.value = null;
    }
    return undefined;
  }
}

const alias = fc.constantFrom<VersionAlias>("current", "previous");
const names = fc.uniqueArray(fc.constantFrom("blue", "green", "red"), { minLength: 1 });
const mode = fc.constantFrom<LockMode>("remove_previous", "remove_previous_and_delete");
const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ kind: "rotate" }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete-data" as const), alias }) },
  {
    weight: 4,
    arbitrary: fc.record(
      { kind: fc.constant("lock" as const), alias, names, mode },
      { requiredKeys: ["kind", "alias", "names"] },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      { kind: fc.constant("unlock" as const), alias, names },
      { requiredKeys: ["kind"] },
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "delete" }) },
);

let app: TestApp;
let manager: Caller;
let secrets = 0;
beforeAll(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterAll(() => app.close());

async function perform(id: string, one: Step, value: string): Promise<string | undefined> {
  const performed = await (() => {
    switch (one.kind) {
      case "rotate":
        return app.perform(createVersion, manager, {
          id,
          payload: { kind: "arbitrary", payload: new Sensitive(value) },
        });
      case "delete-data":
        return app.perform(deleteVersionData, manager, { id, alias: one.alias });
      case "lock": {
        const locks = one.names.map((name) => ({ name }));
        // By way of the secret half of the time: that means its current version.
        return one.alias === "current" && one.names.length === 1
          ? app.perform(createSecretLocks, manager, createSecretLocksInput(id, locks, one.mode))
          : app.perform(
              createVersionLocks,
              manager,
              createVersionLocksInput({ id, alias: one.alias }, locks, one.mode),
            );
      }
      case "unlock":
        return one.alias
          ? app.perform(deleteVersionLocks, manager, { id, alias: one.alias, lockNames: one.names })
          : app.perform(deleteSecretLocks, manager, { id, lockNames: one.names });
      case "delete":
        return app.perform(deleteSecret, manager, { id });
    }
  })();
  return performed.kind === "refused" ? performed.refusal.code : undefined;
}

async function expectAsModelled(id: string, model: Model): Promise<void> {
  const { versions } = await app.done(listVersions, manager, { id });
  const locks = (await app.done(listSecretLocks, manager, { id, limit: 1_000 })).locks;
  const shown = versions.map((version) => ({
    alias: version.alias,
    payloadAvailable: version.payloadAvailable,
    locks: locks
      .filter((lock) => lock.versionId === version.versionId)
      .map((lock) => lock.name)
      .toSorted(),
  }));
  expect(shown).toEqual(
    model.versions.map((version, i) => ({
      alias: (["current", "previous"] as const)[i] ?? null,
      payloadAvailable: version.value !== null,
      locks: [...version.locks].toSorted(),
    })),
  );
  const metadata = await app.done(readSecretMetadata, manager, { id });
  expect(metadata.versionsTotal).toBe(model.versions.length);
  expect(metadata.locksTotal).toBe(locks.length);
  expect(revealed((await app.done(readSecret, manager, { id })).payload)).toBe(
    model.at("current")!.value,
  );
  for (const [i, version] of versions.entries()) {
    const read = await app.done(readVersion, manager, { id, versionId: version.versionId });
    expect(revealed(read.payload)).toBe(model.versions[i]!.value);
  }
}

describe("the versions of a secret", () => {
  it("are what the model says after any sequence of operations", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const model = new Model();
        const { id } = await app.done(
          createSecret,
          manager,
          arbitrary(`secret-${++secrets}`, model.make()),
        );
        for (const one of steps) {
          const before = model.versions.length;
          const expected = model.apply(one);
          const code = await perform(id, one, model.versions[0]?.value ?? "refused");
          expect([one, code]).toEqual([one, expected]);
          expect(model.versions.length).toBeGreaterThanOrEqual(before);
          if (model.isDeleted) {
            expect((await app.refused(readSecret, manager, { id })).code).toBe("not_found");
            return;
          }
          await expectAsModelled(id, model);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("are forgotten beyond the newest fifty", async () => {
    const model = new Model();
    const { id } = await app.done(createSecret, manager, arbitrary("many", model.make()));
    for (let i = 0; i < MAX_VERSIONS_KEPT + 3; i++) {
      await perform(id, { kind: "rotate" }, model.make());
    }
    await expectAsModelled(id, model);
    expect(model.versions).toHaveLength(MAX_VERSIONS_KEPT);
  });

  it("leave nothing behind once the secret is deleted", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("doomed"));
    await perform(id, { kind: "rotate" }, "next");
    await app.done(deleteSecret, manager, { id });
    const { secretsLocks } = await app.done(listAllLocks, manager, {});
    expect(secretsLocks.some((one) => one.id === id)).toBe(false);
    const left = ["versions", "locks", "retrievals"].flatMap((table) =>
      app.database.all(`SELECT * FROM ${table} WHERE secret_id = ?`, id),
    );
    expect(left).toEqual([]);
    expect(app.database.get("SELECT * FROM data_keys WHERE owner = ?", id)).toBeUndefined();
    const orphans = app.database.all(
      "SELECT * FROM payloads WHERE version_id NOT IN (SELECT id FROM versions)",
    );
    expect(orphans).toEqual([]);
  });
});
