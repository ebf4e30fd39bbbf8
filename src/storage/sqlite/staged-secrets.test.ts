/** What the store keeps of secrets as AWS's clients have them: by name, by label, in other regions, waiting to be gone. */
import { beforeEach, expect, it } from "vitest";
import { openTestDatabase } from "../../app/testing/assembly.ts";
import type { FailedReplication } from "../../secrets/replication.ts";
import { PLAIN_SECRET, type Secret } from "../../secrets/secret.ts";
import type { SecretStore } from "../../secrets/store.ts";
import type { Version } from "../../secrets/version.ts";
import { storesOn } from "./stores.ts";

const AT = { account: "a", instance: "i" };
const THERE = { account: "a", instance: "j" };
const DAY_MS = 86_400_000;
const VALUE = Uint8Array.of(1, 2, 3);

let secrets: SecretStore;
beforeEach(() => {
  ({ secrets } = storesOn(openTestDatabase()));
});

async function insert(id: string, more: Partial<Secret> = {}): Promise<Secret> {
  const secret: Secret = {
    ...PLAIN_SECRET,
    id,
    at: AT,
    groupId: "default",
    type: "arbitrary",
    name: id,
    description: null,
    labels: [],
    customMetadata: null,
    createdBy: "ada",
    createdAt: 1,
    updatedAt: 1,
    state: 1,
    expiresAt: null,
    rotation: null,
    passwordPolicy: null,
    nextRotationAt: null,
    username: null,
    csrKey: null,
    attributes: null,
    lastVersion: 0,
    versionsTotal: 0,
    locksTotal: 0,
    dataKey: { rootKeyId: "root", bytes: VALUE },
    ...more,
  };
  await secrets.insertSecret(secret);
  return secret;
}

function version(secretId: string, id: string, number: number): Version {
  return {
    id,
    secretId,
    number,
    createdBy: "ada",
    createdAt: number,
    autoRotated: false,
    expiresAt: null,
    customMetadata: null,
    attributes: null,
    hasPayload: true,
  };
}

const dueIds = (due: readonly { readonly id: string }[]) => due.map(({ id }) => id);

it("gives back all that it was given", async () => {
  const secret = await insert("s", {
    currentVersion: 3,
    previousVersion: 2,
    stages: { blue: 1 },
    keepsUnlabelled: true,
    tags: { team: "a", __proto__x: "b" },
    kmsKeyId: "alias/x",
    deletion: { requestedAt: 5, dueAt: 9 },
    resourcePolicy: "{}",
    replicaOf: { secretId: "p", region: "us-east-1" },
    lastRotatedAt: 7,
  });
  expect(await secrets.secret(AT, "s")).toEqual(secret);
  const changed = { ...secret, ...PLAIN_SECRET, name: "other" };
  await secrets.updateSecret(changed);
  expect(await secrets.secretById("s")).toEqual(changed);
});

it("finds secrets by their name alone, of any type, the oldest first, in one instance", async () => {
  await insert("new", { name: "db", createdAt: 2 });
  await insert("old", {
    name: "db",
    type: "kv",
    createdAt: 1,
    deletion: { requestedAt: 1, dueAt: 2 },
  });
  await insert("other", { name: "dbx" });
  await insert("there", { name: "db", at: THERE });
  expect(dueIds(await secrets.secretsCalled(AT, "db"))).toEqual(["old", "new"]);
  expect(await secrets.secretsCalled(AT, "DB")).toEqual([]);
  await secrets.deleteSecret("old");
  expect(dueIds(await secrets.secretsCalled(AT, "db"))).toEqual(["new"]);
});

it("tells versions of different secrets apart by the same id, and finds them by their labels", async () => {
  const one = await insert("one", { currentVersion: 2, stages: { blue: 1 }, lastVersion: 2 });
  const other = await insert("other", { currentVersion: 1, lastVersion: 1 });
  await secrets.insertVersion(version("one", "v", 1), VALUE);
  await secrets.insertVersion(version("one", "w", 2), Uint8Array.of(4));
  await secrets.insertVersion(version("other", "v", 1), Uint8Array.of(5));
  expect(await secrets.version(one, { stage: "blue" })).toMatchObject({ id: "v", number: 1 });
  expect(await secrets.version(one, { stage: "AWSCURRENT" })).toMatchObject({ id: "w" });
  expect(await secrets.version(one, { stage: "AWSPREVIOUS" })).toBeUndefined();
  expect(await secrets.payload(version("other", "v", 1))).toEqual(Uint8Array.of(5));
  await secrets.deleteVersion({ secretId: "one", id: "v" });
  expect(await secrets.version(one, { versionId: "v" })).toBeUndefined();
  expect(await secrets.version(other, { versionId: "v" })).toMatchObject({ number: 1 });
  expect(await secrets.payload(version("one", "v", 1))).toBeUndefined();
  expect(await secrets.payload(version("other", "v", 1))).toEqual(Uint8Array.of(5));
});

it("tells when deletions are due, and the steps of rotations", async () => {
  await insert("waits", { deletion: { requestedAt: 1, dueAt: 20 } });
  await insert("due", { deletion: { requestedAt: 1, dueAt: 10 } });
  await insert("live");
  expect(dueIds(await secrets.dueDeletions(9, 5))).toEqual([]);
  expect(dueIds(await secrets.dueDeletions(10, 5))).toEqual(["due"]);
  expect(dueIds(await secrets.dueDeletions(99, 1))).toEqual(["due"]);
  expect(dueIds(await secrets.dueDeletions(99, 5))).toEqual(["due", "waits"]);
  const rotation = {
    secretId: "live",
    token: "t",
    step: "createSecret",
    isTest: true,
    attempts: 2,
    dueAt: 30,
    startedAt: 1,
    endsAt: 99,
  } as const;
  await secrets.putRotation(rotation);
  expect(await secrets.rotation("live")).toEqual(rotation);
  expect(await secrets.dueRotationSteps(29, 5)).toEqual([]);
  expect(dueIds(await secrets.dueRotationSteps(30, 5))).toEqual(["live"]);
  await secrets.putRotation({ ...rotation, dueAt: 40 });
  expect(await secrets.dueRotationSteps(30, 5)).toEqual([]);
  await secrets.deleteSecret("live");
  expect(await secrets.rotation("live")).toBeUndefined();
});

it("knows what follows a secret, wherever it is, and leaves its dates to the secret itself", async () => {
  const expiresAt = 100 * DAY_MS;
  await insert("p", { expiresAt });
  const replicaOf = { secretId: "p", region: "us-east-1" };
  await insert("r", { at: THERE, replicaOf, expiresAt });
  expect(dueIds(await secrets.replicasOf("p"))).toEqual(["r"]);
  expect(await secrets.replicasOf("r")).toEqual([]);
  expect(dueIds(await secrets.dueExpirations(expiresAt, 5))).toEqual(["p"]);
  expect(dueIds(await secrets.dueExpiryNotices(20 * DAY_MS, 5))).toEqual(["p"]);
});

it("remembers replications that failed, one for a region, as long as the secret is there", async () => {
  await insert("p");
  const failed: FailedReplication = {
    secretId: "p",
    region: "us-west-2",
    kmsKeyId: null,
    reason: "name-taken",
    at: 5,
  };
  const again = { ...failed, kmsKeyId: "k", reason: "not-replaceable", at: 6 } as const;
  await secrets.putFailedReplication(failed);
  await secrets.putFailedReplication(again);
  await secrets.putFailedReplication({ ...failed, region: "eu-west-1" });
  expect(await secrets.failedReplications("p")).toEqual([
    { ...failed, region: "eu-west-1" },
    again,
  ]);
  await secrets.deleteFailedReplication("p", "us-west-2");
  expect(await secrets.failedReplications("p")).toHaveLength(1);
  await secrets.deleteSecret("p");
  expect(await secrets.failedReplications("p")).toEqual([]);
});

it("tells once of each secret that was changed, or whose versions were", async () => {
  const secret = await insert("s");
  expect(secrets.takeChanged()).toEqual([]);
  await secrets.updateSecret(secret);
  expect(secrets.takeChanged()).toEqual(["s"]);
  expect(secrets.takeChanged()).toEqual([]);
  const v = version("s", "v", 1);
  const changes = [
    () => secrets.insertVersion({ ...v, hasPayload: false }, null),
    () => secrets.putPayload(v, VALUE),
    () => secrets.updateVersion({ ...v, customMetadata: { n: 1 } }),
    () => secrets.updateVersion({ ...v, hasPayload: false }),
    () => secrets.deleteVersion(v),
  ];
  for (const change of changes) {
    await change();
    expect(secrets.takeChanged()).toEqual(["s"]);
  }
});
