/** A replica through everything that happens to its primary, and what its region records of that. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { createNamedSecret } from "./create-named-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { describeSecret } from "./describe-secret.ts";
import { promoteReplica } from "./promote-replica.ts";
import { readSecret } from "./read-secret.ts";
import { removeReplicas } from "./remove-replicas.ts";
import { replicateSecret } from "./replicate-secret.ts";
import { deleteResourcePolicy, setResourcePolicy } from "./resource-policy.ts";
import { setVersionStage } from "./set-version-stage.ts";
import { tagSecret, untagSecret } from "./tag-secret.ts";
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
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";
import { updateVersionMetadata, updateVersionMetadataInput } from "./update-version-metadata.ts";

let regions: TwoRegions;
beforeEach(async () => {
  regions = await TwoRegions.open();
});
afterEach(() => regions.close());

describe("a replica", () => {
  it("gets each new value with its labels, and lets go of what the primary lets go of", async () => {
    await regions.replicated("db");
    await regions.put("db", 3, ["blue"]);
    await regions.put("db", 4);
    expect(regions.recorded()).toMatchObject([
      ["version.create", { versionStages: ["blue"] }],
      ["version.create", { versionStages: ["AWSCURRENT"] }],
    ]);
    const first = versionId("db", 1);
    const { id } = await regions.done(EAST, describeSecret, called("db"));
    regions.forget();
    await regions.done(EAST, deleteVersionData, { id, versionId: first });
    expect(regions.recorded()).toMatchObject([["version.data.delete", { versionId: first }]]);
  });

  it("has its labels moved with the primary's", async () => {
    await regions.replicated("db");
    const [one, two] = [1, 2].map((n) => versionId("db", n));
    const move = { moveToVersionId: one, removeFromVersionId: two };
    await regions.done(EAST, setVersionStage, {
      ...called("db"),
      versionStage: "AWSCURRENT",
      ...move,
    });
    await regions.done(EAST, setVersionStage, {
      ...called("db"),
      versionStage: "blue",
      moveToVersionId: two,
    });
    await regions.done(EAST, setVersionStage, {
      ...called("db"),
      versionStage: "blue",
      removeFromVersionId: two,
    });
    expect(regions.recorded()).toMatchObject([
      ["version.stage.set", { versionStage: "AWSCURRENT", ...move }],
      ["version.stage.set", { versionStage: "blue", moveToVersionId: two }],
      ["version.stage.set", { versionStage: "blue", removeFromVersionId: two }],
    ]);
  });

  it("has the primary's tags, and what is said of it", async () => {
    await regions.replicated("db");
    const tags = [{ key: "team", value: "a" }];
    await regions.done(EAST, tagSecret, { ...called("db"), tags });
    await regions.done(EAST, untagSecret, { ...called("db"), tagKeys: ["team"] });
    const { id } = await regions.done(EAST, describeSecret, called("db"));
    const patch = { name: "database", labels: ["prod"], description: "of the shop" };
    await regions.done(EAST, updateSecretMetadata, updateSecretMetadataInput(id, patch));
    const which = { id, versionId: versionId("db", 2) };
    const versionPatch = { versionCustomMetadata: { ticket: 1 } };
    await regions.done(
      EAST,
      updateVersionMetadata,
      updateVersionMetadataInput(which, versionPatch),
    );
    expect(regions.recorded()).toMatchObject([
      ["secret.tag", { tags }],
      ["secret.untag", { tagKeys: ["team"] }],
      ["secret.metadata.update", { changes: ["name", "description", "labels"] }],
      ["version.metadata.update", { versionId: which.versionId }],
    ]);
    expect(regions.inWest().at(-1)?.target.name).toBe("database");
  });

  it("keeps the primary from a name that is taken in its region", async () => {
    await regions.replicated("db");
    await regions.done(WEST, createNamedSecret, named("taken"));
    const { id } = await regions.done(EAST, describeSecret, called("db"));
    const renaming = updateSecretMetadataInput(id, { name: "taken" });
    expect(await regions.refused(EAST, updateSecretMetadata, renaming)).toMatchObject({
      code: "conflict",
    });
    expect((await regions.done(EAST, describeSecret, called("db"))).secret.name).toBe("db");
  });

  it("cannot be changed where it is, by whichever wire, nor its primary be deleted", async () => {
    await regions.replicated("db");
    const { id } = await regions.done(WEST, describeSecret, called("db"));
    const refusal = { code: "precondition_failed", details: { reason: "replica" } };
    const payload = { kind: "arbitrary", payload: new Sensitive("other") } as const;
    expect(await regions.refused(WEST, createVersion, { id, payload })).toMatchObject(refusal);
    expect(await regions.refused(WEST, deleteSecret, { id })).toMatchObject(refusal);
    const again = {
      ...called("db"),
      addReplicaRegions: [{ region: EAST }],
      forceOverwriteReplicaSecret: true,
    };
    expect(await regions.refused(WEST, replicateSecret, again)).toMatchObject(refusal);
    const primary = await regions.done(EAST, describeSecret, called("db"));
    expect(await regions.refused(EAST, deleteSecret, { id: primary.id })).toMatchObject({
      message: `You can't delete secret db that still has replica regions [${WEST}].`,
    });
  });

  it("is kept from whom its primary is kept from, in its own region too, from the first moment on", async () => {
    const reader = await regions.app.callerWith(["SecretsReader"]);
    const policy = (Resource: string) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Deny", Principal: "*", Action: "secretsmanager:GetSecretValue", Resource },
        ],
      });
    const arn = (region: string) => `arn:aws:secretsmanager:${region}:*:secret:db-??????`;
    await regions.done(EAST, createNamedSecret, named("db"));
    const before = { ...called("db"), resourcePolicy: policy(arn(EAST)) };
    await regions.done(EAST, setResourcePolicy, before);
    regions.forget();
    await regions.done(EAST, replicateSecret, { ...called("db"), ...TO_WEST });
    const { id } = await regions.done(WEST, describeSecret, called("db"));
    const denied = { code: "forbidden", details: { reason: "denied-by-resource" } };
    expect(await regions.refused(WEST, readSecret, { id }, reader)).toMatchObject(denied);
    expect(regions.recorded()).toContainEqual([
      "secret.resource-policy.set",
      { id, resourcePolicy: policy(arn(WEST)) },
    ]);
    await regions.done(EAST, deleteResourcePolicy, called("db"));
    await regions.done(WEST, readSecret, { id });
    await regions.done(EAST, setResourcePolicy, { ...called("db"), resourcePolicy: policy("*") });
    expect(await regions.refused(WEST, readSecret, { id }, reader)).toMatchObject(denied);
    const own = { ...called("db"), resourcePolicy: policy("*") };
    const refusal = { code: "precondition_failed", details: { reason: "replica" } };
    expect(await regions.refused(WEST, setResourcePolicy, own)).toMatchObject(refusal);
    expect(await regions.refused(WEST, deleteResourcePolicy, called("db"))).toMatchObject(refusal);
    await regions.done(WEST, promoteReplica, called("db"));
    expect(await regions.refused(WEST, readSecret, { id }, reader)).toMatchObject(denied);
  });

  it("does not overwrite what whoever asks for it may not delete there", async () => {
    await regions.done(EAST, createNamedSecret, named("db"));
    await regions.done(WEST, createNamedSecret, named("db"));
    const Statement = [
      { Effect: "Deny", Principal: "*", Action: "secretsmanager:DeleteSecret", Resource: "*" },
    ];
    const resourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
    await regions.done(WEST, setResourcePolicy, { ...called("db"), resourcePolicy });
    const taken = await regions.done(WEST, describeSecret, called("db"));
    const forced = { ...called("db"), ...TO_WEST, forceOverwriteReplicaSecret: true };
    expect(await regions.refused(EAST, replicateSecret, forced)).toMatchObject({
      code: "forbidden",
      details: { reason: "denied-by-resource", permission: "secret.delete" },
    });
    expect((await regions.done(WEST, describeSecret, called("db"))).id).toBe(taken.id);
    await regions.done(WEST, deleteResourcePolicy, called("db"));
    await regions.done(EAST, replicateSecret, forced);
    expect((await regions.done(WEST, describeSecret, called("db"))).id).not.toBe(taken.id);
  });

  it("is not taken away by who has no say in its region", async () => {
    await regions.replicated("db");
    const here = await regions.app.callerWith(["Manager"], { region: EAST });
    const removal = { ...called("db"), removeReplicaRegions: [WEST] };
    expect(await regions.refused(EAST, removeReplicas, removal, here)).toMatchObject({
      code: "forbidden",
    });
    await regions.done(WEST, describeSecret, called("db"));
  });

  it("goes when its region is removed, with its values; a region without one is refused", async () => {
    await regions.replicated("db");
    const { id } = await regions.done(WEST, describeSecret, called("db"));
    const removal = { ...called("db"), removeReplicaRegions: [WEST, "eu-west-1"] };
    expect(await regions.refused(EAST, removeReplicas, removal)).toMatchObject({
      message: "Invalid replica region.",
    });
    expect(await regions.done(WEST, describeSecret, called("db"))).toMatchObject({ id });
    const { replications } = await regions.done(EAST, removeReplicas, {
      ...called("db"),
      removeReplicaRegions: [WEST],
    });
    expect(replications).toEqual([]);
    expect(regions.recorded()).toMatchObject([["secret.delete", { secretType: "arbitrary" }]]);
    expect(regions.app.database.all("SELECT 1 FROM payloads WHERE secret_id = ?", id)).toEqual([]);
    expect(regions.app.database.all("SELECT 1 FROM data_keys WHERE owner = ?", id)).toEqual([]);
  });

  it("stands alone once it is promoted, with its ARN and its values", async () => {
    await regions.replicated("db");
    const before = await regions.done(WEST, describeSecret, called("db"));
    const promoted = await regions.done(WEST, promoteReplica, called("db"));
    expect(promoted).toMatchObject({ id: before.id, name: "db" });
    await regions.put("db", 3);
    const { payload } = await regions.done(WEST, readSecret, { id: before.id });
    expect(revealed(payload)).toBe("value 2");
    expect((await regions.done(EAST, describeSecret, called("db"))).replications).toEqual([]);
    expect(await regions.refused(WEST, promoteReplica, called("db"))).toMatchObject({
      details: { reason: "no-replica" },
    });
    await regions.done(WEST, deleteSecret, { id: before.id });
    expect(await comparedReplicas(regions.app)).toEqual([]);
  });
});
