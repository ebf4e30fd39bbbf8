/** With whose rights credentials are minted, and that nothing is half made where they do not suffice. */
import { afterEach, describe, expect, it } from "vitest";
import { accountPlace } from "../../identity/account.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import {
  deleteConfiguration,
  updateConfiguration,
  updateConfigurationInput,
} from "../configurations/change-configuration.ts";
import { createConfiguration } from "../configurations/create-configuration.ts";
import { readConfiguration } from "../configurations/read-configuration.ts";
import { updateAccountSettings } from "../identity/account-settings.ts";
import { createApiKey, deleteApiKey } from "../identity/api-keys.ts";
import { createPolicy, deletePolicy } from "../identity/policies.ts";
import { createServiceId } from "../identity/service-ids.ts";
import { updateApiKey } from "../identity/update-api-key.ts";
import { createUser } from "../identity/users.ts";
import { ACCOUNT, SCHEDULE } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { readSecret } from "./read-secret.ts";
import { iamSecret, openMintingApp, serviceSecret, type MintingApp } from "./testing/minting.ts";

let minting: MintingApp;
afterEach(() => minting.app.close());

const NOTHING = { keys: [], serviceIds: [] };
const given = () => ({ accessGroups: [minting.group] });
const make = (name = "ci") =>
  minting.app.done(createSecret, minting.manager, iamSecret(name, given()));
const refusal = async (input = iamSecret("ci", given())) => {
  const { code, message } = await minting.app.refused(createSecret, minting.manager, input);
  return `${code}: ${message}`;
};

describe("an engine", () => {
  it("is needed: without a configuration nothing is made, and the refusal says what to do", async () => {
    minting = await openMintingApp({ isConfigured: false });
    expect(await refusal()).toMatch(/^precondition_failed: .*iam_credentials_configuration/);
    await minting.configure("off", minting.engineKey.value, true);
    expect(await refusal()).toMatch(/^precondition_failed: .*not disabled/);
  });

  it("is the oldest configuration that is not disabled, by the owner of its key", async () => {
    minting = await openMintingApp();
    const other = await minting.serviceId("other");
    const key = await minting.app.done(createApiKey, SCHEDULE, { iamId: other.iamId, name: "key" });
    await minting.configure("other", key.value);
    await make("one");
    const { app, manager } = minting;
    const byEngine = () => app.events().filter(({ operation }) => operation === "serviceid.create");
    expect(byEngine().at(-1)?.initiator).toMatchObject({ id: minting.engine.iamId });
    const patch = { kind: "iam-engine", disabled: true } as const;
    const input = updateConfigurationInput({ name: "engine" }, { "iam-engine": patch }, patch);
    await app.done(updateConfiguration, manager, input);
    expect(await refusal()).toContain("configuration other");
  });

  it("lacks what the refusal names, for all that is to be done, and nothing is half made", async () => {
    minting = await openMintingApp({ roles: ["ServiceIdCreator"] });
    const { app } = minting;
    const before = app.log.size;
    expect(await refusal()).toBe(
      "precondition_failed: The owner of the API key in the configuration engine may not do this for the secret: it lacks access-group-member.add, serviceid-apikey.create, which one of the roles Administrator, Editor gives.",
    );
    expect(app.events().slice(before)).toMatchObject([
      { operation: "secret.create", outcome: "failure", reason: { reasonCode: 412 } },
    ]);
    expect(await minting.minted()).toEqual(NOTHING);
    expect(await refusal(serviceSecret("sc", "Reader"))).toContain("policy.create");
    expect(await minting.minted()).toEqual(NOTHING);
  });

  it("is asked for its rights each time, and loses them with its policy", async () => {
    minting = await openMintingApp();
    const { id } = await make();
    const { app, manager } = minting;
    const { items } = await app.state.read(({ identity }) =>
      identity.policies(ACCOUNT, minting.engine.iamId, { offset: 0, limit: 9 }),
    );
    await app.done(deletePolicy, SCHEDULE, { id: items[0]?.id ?? "" });
    expect((await app.refused(createVersion, manager, { id })).code).toBe("precondition_failed");
    expect((await minting.minted()).keys).toHaveLength(1);
  });

  it("may be a user, who needs no role for service IDs where the account lets every user make them", async () => {
    minting = await openMintingApp({ isConfigured: false });
    const { app } = minting;
    const { iamId } = await app.done(createUser, SCHEDULE, { email: "ada@example.com", name: "A" });
    const key = await app.done(createApiKey, SCHEDULE, { iamId, name: "key" });
    await minting.configure("user", key.value);
    expect(await refusal()).toContain("serviceid.create, access-group-member.add");
    await app.done(updateAccountSettings, SCHEDULE, {
      ifMatch: "*",
      changes: { restrictCreateServiceId: "NOT_RESTRICTED" },
    });
    expect(await refusal()).toContain("lacks access-group-member.add");
    await app.done(createPolicy, SCHEDULE, { subject: iamId, roles: ["Editor"], resource: {} });
    await make();
    expect(app.events().at(-1)).toMatchObject({
      operation: "serviceid-apikey.create",
      initiator: { id: iamId, name: "ada@example.com", credential: { type: "apikey" } },
    });
  });

  it("makes nothing any more when its key is deleted; what was made goes on", async () => {
    minting = await openMintingApp();
    const { app, manager } = minting;
    const { id } = await make();
    await app.done(deleteApiKey, SCHEDULE, { id: minting.engineKey.id });
    const refused = await app.refused(createVersion, manager, { id });
    expect([refused.code, refused.message]).toEqual([
      "precondition_failed",
      expect.stringContaining("API key that is no good any more"),
    ]);
    expect((await app.done(readSecret, manager, { id })).payload).not.toBeNull();
  });

  it("makes nothing while its key is disabled, or after it has expired", async () => {
    minting = await openMintingApp();
    const { app } = minting;
    const { id } = minting.engineKey;
    await app.done(updateApiKey, SCHEDULE, { id, change: { kind: "disable" } });
    expect(await refusal()).toContain("precondition_failed: The configuration engine");
    await app.done(updateApiKey, SCHEDULE, { id, change: { kind: "enable" } });
    const expiresAt = toRfc3339(app.clock.now() + 1_000);
    const change = { kind: "fields", fields: { expiresAt }, ifMatch: "*" } as const;
    await app.done(updateApiKey, SCHEDULE, { id, change });
    await make();
    app.clock.advance(1_000);
    expect(await refusal(iamSecret("next", given()))).toContain("no good any more");
    expect((await minting.minted()).keys).toHaveLength(1);
  });

  it("can be deleted while there are secrets: what is made next needs another", async () => {
    minting = await openMintingApp();
    const { app, manager } = minting;
    const { id } = await make();
    await app.done(deleteConfiguration, manager, { name: "engine" });
    expect((await app.refused(createVersion, manager, { id })).code).toBe("precondition_failed");
    await minting.configure("next", minting.engineKey.value);
    await app.done(createVersion, manager, { id });
  });
});

describe("the configuration of an engine", () => {
  const create = (apiKey: Sensitive<string>) => ({
    name: "other",
    configurationType: "iam_credentials_configuration" as const,
    given: { kind: "iam-engine" as const, apiKey },
  });

  it("takes an API key that would let its owner in now, and no other", async () => {
    minting = await openMintingApp();
    const { app, manager, engine } = minting;
    const refused = async (apiKey: Sensitive<string>) =>
      (await app.refused(createConfiguration, manager, create(apiKey))).details["field"];
    expect(await refused(new Sensitive("hunter2"))).toBe("api_key");
    expect(await refused(new Sensitive(`ktk_${"A".repeat(43)}`))).toBe("api_key");
    const { iamId } = engine;
    const disabled = { iamId, name: "off", disabled: true };
    expect(await refused((await app.done(createApiKey, SCHEDULE, disabled)).value)).toBe("api_key");
    expect(app.lastEvent()).toMatchObject({
      operation: "configuration.create",
      outcome: "failure",
    });
  });

  it("takes no API key of another account", async () => {
    minting = await openMintingApp();
    const { app, manager } = minting;
    const other = "f".repeat(32);
    const createdAt = app.clock.now();
    await app.state.transact(({ identity }) =>
      identity.putAccount({ id: other, name: "Other", createdAt, isHandedOver: true }),
    );
    const there = app.call(SCHEDULE, accountPlace(other));
    const apiKey = { name: "key" };
    const made = await app.performer.perform(createServiceId, there, () => ({
      name: "theirs",
      apiKey,
    }));
    if (made.kind !== "done" || !made.output.apiKey) throw new Error("there is no key");
    const { value } = made.output.apiKey;
    const { code, details } = await app.refused(createConfiguration, manager, create(value));
    expect([code, details["field"]]).toEqual(["invalid_request", "api_key"]);
  });

  it("keeps the key's id and shows it, and neither keeps nor records the key", async () => {
    minting = await openMintingApp();
    const { app, manager, engineKey } = minting;
    const read = await app.done(readConfiguration, manager, { name: "engine" });
    expect(read.attributes).toEqual({
      kind: "iam-engine",
      apiKeyId: engineKey.id,
      disabled: false,
    });
    const made = app.events().find(({ operation }) => operation === "configuration.create");
    expect(made?.responseData).toMatchObject({ apiKeyId: engineKey.id });
    const value = engineKey.value.reveal();
    expect(app.log.lines.map((line) => Buffer.from(line).toString()).join()).not.toContain(value);
    const rows = app.database.all("SELECT * FROM configurations");
    expect(JSON.stringify(rows)).not.toContain(value);
  });

  it("can be given another key, of which the record has the id", async () => {
    minting = await openMintingApp();
    const { app, manager } = minting;
    const { iamId } = await minting.serviceId("other");
    const key = await app.done(createApiKey, SCHEDULE, { iamId, name: "key" });
    const patch = { kind: "iam-engine", apiKey: key.value } as const;
    const input = updateConfigurationInput({ name: "engine" }, { "iam-engine": patch }, patch);
    await app.done(updateConfiguration, manager, input);
    expect(app.lastEvent()).toMatchObject({
      operation: "configuration.update",
      responseData: { apiKeyId: key.id },
    });
    expect(await refusal()).toContain("lacks serviceid.create");
  });
});

describe("what fails half-way", () => {
  it("leaves nothing in IAM, and no event of what was undone", async () => {
    minting = await openMintingApp();
    const { app } = minting;
    app.database.run(
      "CREATE TRIGGER full BEFORE INSERT ON leases BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    );
    const before = app.log.size;
    await expect(make()).rejects.toThrow();
    expect(await minting.minted()).toEqual(NOTHING);
    expect(
      app
        .events()
        .slice(before)
        .map(({ operation, outcome }) => [operation, outcome]),
    ).toEqual([["secret.create", "failure"]]);
    app.database.run("DROP TRIGGER full");
    await make();
  });

  it("when a lease ends leaves it as it was, to be ended later", async () => {
    minting = await openMintingApp();
    const { app } = minting;
    await make();
    app.database.run(
      "CREATE TRIGGER full BEFORE DELETE ON service_ids BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    );
    app.clock.advance(86_400_000);
    expect(await minting.pass()).toMatchObject({ credentials: [0, 1] });
    expect((await minting.minted()).keys).toHaveLength(1);
    app.database.run("DROP TRIGGER full");
    app.clock.advance(86_400_000);
    expect(await minting.pass()).toMatchObject({ credentials: [1, 0] });
    expect(await minting.minted()).toEqual(NOTHING);
  });
});
