/** Replicating a secret to another region, and what is in the way there. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { createNamedSecret } from "./create-named-secret.ts";
import { describeSecret } from "./describe-secret.ts";
import { readSecret } from "./read-secret.ts";
import { removeReplicas } from "./remove-replicas.ts";
import { replicateSecret } from "./replicate-secret.ts";
import { createSecretLocks, createSecretLocksInput } from "./secret-locks.ts";
import { revealed } from "./testing/inputs.ts";
import { comparedReplicas } from "./testing/replicas.ts";
import {
  called,
  EAST,
  named,
  TO_WEST,
  TwoRegions,
  versionId,
  WEST,
} from "./testing/two-regions.ts";

let regions: TwoRegions;
beforeEach(async () => {
  regions = await TwoRegions.open();
});
afterEach(() => regions.close());

describe("replicating a secret", () => {
  it("makes the same secret in the other region, of another key, with an ARN that differs in the region only", async () => {
    await regions.replicated("db");
    const [compared] = await comparedReplicas(regions.app);
    expect(compared?.replica).toEqual(compared?.primary);
    const { secret } = await regions.done(WEST, describeSecret, called("db"));
    const { secret: primary } = await regions.done(EAST, describeSecret, called("db"));
    expect(secret.id).not.toBe(primary.id);
    expect(secret.replicaOf).toEqual({ secretId: primary.id, region: EAST });
    expect(secret.dataKey).not.toEqual(primary.dataKey);
    const { payload } = await regions.done(WEST, readSecret, { id: secret.id });
    expect(revealed(payload)).toBe("value 2");
  });

  it("is recorded where it was asked for and, by the server, where the secret and its values arrive", async () => {
    await regions.done(
      EAST,
      createNamedSecret,
      named("db", { tags: [{ key: "team", value: "a" }] }),
    );
    await regions.put("db", 2);
    regions.forget();
    await regions.done(EAST, replicateSecret, { ...called("db"), ...TO_WEST });
    const events = regions.events();
    expect(events.map(({ operation, region }) => [operation, region])).toEqual([
      ["secret.replica.create", EAST],
      ["instance.create", WEST],
      ["secret.create", WEST],
      ["version.create", WEST],
    ]);
    expect(events[0]?.requestData).toMatchObject({ secretId: "db", ...TO_WEST });
    expect(events[0]?.responseData).toEqual({ regions: [WEST] });
    expect(events[2]).toMatchObject({
      target: { name: "db" },
      requestData: { name: "db", secretType: "arbitrary", tags: [{ key: "team", value: "a" }] },
      responseData: { versionId: versionId("db", 2) },
    });
    expect(events[3]?.requestData).toMatchObject({ versionStages: ["AWSPREVIOUS"] });
    expect(JSON.stringify(events)).not.toMatch(/value 2|"one"/);
  });

  it("is answered again to a client that has not heard of it", async () => {
    const making = named("db", { addReplicaRegions: [{ region: WEST }] });
    const { replications } = await regions.done(EAST, createNamedSecret, making);
    expect(replications).toMatchObject([{ status: "in-sync" }]);
    const again = await regions.done(EAST, createNamedSecret, making);
    expect(again.replications).toEqual(replications);
  });

  it("has the record of labels that were on the current value before", async () => {
    await regions.done(EAST, createNamedSecret, named("db"));
    await regions.put("db", 2, ["AWSCURRENT", "blue"]);
    regions.forget();
    await regions.done(EAST, replicateSecret, { ...called("db"), ...TO_WEST });
    expect(regions.recorded().slice(1)).toMatchObject([
      ["version.create", { versionStages: ["AWSPREVIOUS"] }],
      ["version.stage.set", { versionStage: "blue", moveToVersionId: versionId("db", 2) }],
    ]);
  });

  it("is told at once of every region, also of a secret that is being made", async () => {
    const addReplicaRegions = [{ region: WEST, kmsKeyId: "alias/west" }, { region: "eu-west-1" }];
    const made = await regions.done(EAST, createNamedSecret, named("db", { addReplicaRegions }));
    expect(made.replications).toEqual([
      { status: "in-sync", region: "eu-west-1", kmsKeyId: null, retrievedAt: null },
      { status: "in-sync", region: WEST, kmsKeyId: "alias/west", retrievedAt: null },
    ]);
    const { secret } = await regions.done(WEST, describeSecret, called("db"));
    await regions.done(WEST, readSecret, { id: secret.id });
    const { replications } = await regions.done(EAST, describeSecret, called("db"));
    expect(replications[1]).toMatchObject({ region: WEST, retrievedAt: regions.app.clock.now() });
    expect(secret.kmsKeyId).toBe("alias/west");
  });

  it("leaves a replica that there is as it is, but for the name of its key", async () => {
    await regions.replicated("db");
    const addReplicaRegions = [{ region: WEST, kmsKeyId: "alias/west" }];
    const input = { ...called("db"), addReplicaRegions, forceOverwriteReplicaSecret: true };
    const { replications } = await regions.done(EAST, replicateSecret, input);
    expect(replications).toMatchObject([{ status: "in-sync", kmsKeyId: "alias/west" }]);
    expect(regions.recorded()).toEqual([]);
  });

  it.each([
    ["its own region", [{ region: EAST }]],
    ["one that there is not", [{ region: WEST }, { region: "us-moon-1" }]],
    ["one that takes no instances", [{ region: "in-che" }]],
    ["one twice", [{ region: WEST }, { region: WEST }]],
  ])("refuses %s, and replicates to none", async (_what, addReplicaRegions) => {
    await regions.done(EAST, createNamedSecret, named("db"));
    const input = { ...called("db"), addReplicaRegions, forceOverwriteReplicaSecret: false };
    expect(await regions.refused(EAST, replicateSecret, input)).toMatchObject({
      code: "invalid_request",
      message: "Invalid replica region.",
    });
    expect((await regions.placeIn(WEST)).instance).toBeNull();
    expect(regions.app.lastEvent()).toMatchObject({
      operation: "secret.replica.create",
      outcome: "failure",
    });
  });

  it("refuses a type whose values are made for one place", async () => {
    const input = { ...called("minted"), ...TO_WEST };
    await regions.done(EAST, createNamedSecret, named("minted"));
    regions.app.database.run("UPDATE secrets SET type = 'iam_credentials' WHERE name = 'minted'");
    expect(await regions.refused(EAST, replicateSecret, input)).toMatchObject({
      code: "precondition_failed",
      details: { reason: "not-replicable" },
    });
  });

  it("needs the right to it in the other region too, and a replica, the right to make secrets alone", async () => {
    await regions.done(EAST, createNamedSecret, named("db"));
    const eastern = await regions.app.callerWith(["Manager"], { region: EAST });
    const input = { ...called("db"), ...TO_WEST };
    expect(await regions.refused(EAST, replicateSecret, input, eastern)).toMatchObject({
      code: "forbidden",
    });
    const writer = await regions.app.callerWith(["Writer"]);
    const making = named("new", { addReplicaRegions: [{ region: WEST }] });
    expect(await regions.refused(EAST, createNamedSecret, making, writer)).toMatchObject({
      code: "forbidden",
    });
    expect((await regions.placeIn(WEST)).instance).toBeNull();
    expect(await regions.refused(EAST, describeSecret, called("new"))).toMatchObject({
      code: "not_found",
    });
  });
});

describe("a name that is taken in the other region", () => {
  beforeEach(async () => {
    await regions.done(
      WEST,
      createNamedSecret,
      named("db", { value: new Sensitive("of the west") }),
    );
    await regions.done(EAST, createNamedSecret, named("db"));
  });

  const westValue = async () => {
    const { secret } = await regions.done(WEST, describeSecret, called("db"));
    return revealed((await regions.done(WEST, readSecret, { id: secret.id })).payload);
  };

  it("fails the replication, which is remembered until it is given up", async () => {
    const failed = {
      status: "failed",
      region: WEST,
      kmsKeyId: null,
      sentence: `Replication failed: Secret name db already exists in region ${WEST}.`,
    };
    const { replications } = await regions.done(EAST, replicateSecret, {
      ...called("db"),
      ...TO_WEST,
    });
    expect(replications).toEqual([failed]);
    expect((await regions.done(EAST, describeSecret, called("db"))).replications).toEqual([failed]);
    expect(await westValue()).toBe("of the west");
    const removal = { ...called("db"), removeReplicaRegions: [WEST] };
    expect((await regions.done(EAST, removeReplicas, removal)).replications).toEqual([]);
    expect(await westValue()).toBe("of the west");
  });

  it("is overwritten where that is asked for, which its region records", async () => {
    await regions.done(EAST, replicateSecret, { ...called("db"), ...TO_WEST });
    regions.forget();
    const input = { ...called("db"), ...TO_WEST, forceOverwriteReplicaSecret: true };
    const { replications } = await regions.done(EAST, replicateSecret, input);
    expect(replications).toMatchObject([{ status: "in-sync" }]);
    expect(regions.inWest().map(({ operation }) => operation)).toEqual([
      "secret.delete",
      "secret.create",
    ]);
    expect(await westValue()).toBe("one");
  });

  it("is not overwritten while others follow the secret there, or it is locked", async () => {
    const { id } = await regions.done(WEST, describeSecret, called("db"));
    const input = { ...called("db"), ...TO_WEST, forceOverwriteReplicaSecret: true };
    const locks = [{ name: "app" }];
    await regions.done(WEST, createSecretLocks, createSecretLocksInput(id, locks));
    expect((await regions.done(EAST, replicateSecret, input)).replications).toMatchObject([
      { status: "failed", sentence: expect.stringContaining("cannot be overwritten") as string },
    ]);
    expect(await westValue()).toBe("of the west");
  });
});
