import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crn } from "../../audit/crn.ts";
import { instancePlace } from "../../identity/account.ts";
import { Regions } from "../../identity/region.ts";
import type { Caller } from "../call.ts";
import { createAccount } from "../identity/create-account.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { deleteSecret } from "../secrets/delete-secret.ts";
import { createSecretGroup } from "../secrets/secret-groups.ts";
import { arbitrary } from "../secrets/testing/inputs.ts";
import { ACCOUNT, openTestApp, PLACE, SCHEDULE, type TestApp } from "../testing/test-app.ts";
import { createInstance, MAX_INSTANCES } from "./create-instance.ts";
import { deleteInstance } from "./delete-instance.ts";
import type { InstanceView } from "./find.ts";
import { listInstances, readInstance } from "./read-instances.ts";
import { renameInstance, renameInstanceInput } from "./rename-instance.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const FOREIGN_ACCOUNT = "fedcba9876543210fedcba9876543210";
const FOREIGN = "33333333-4444-4555-8666-777777777777";

let app: TestApp;
let operator: Caller;
beforeEach(async () => {
  app = await openTestApp();
  operator = await app.callerWith(["Operator"]);
});
afterEach(() => app.close());

function made(name = "payments", region = "eu-de"): Promise<InstanceView> {
  return app.done(createInstance, operator, { name, region });
}

function crnOf({ id, region }: InstanceView): string {
  return crn("secrets-manager", { account: ACCOUNT, region, instance: id });
}

async function foreignInstance(): Promise<void> {
  await app.state.transact(async ({ identity }) => {
    const createdAt = app.clock.now();
    const account = { id: FOREIGN_ACCOUNT, name: "Foreign", createdAt, isHandedOver: true };
    await identity.putAccount(account);
    const region = "us-south";
    await identity.putInstance({
      id: FOREIGN,
      account: account.id,
      region,
      name: "theirs",
      createdAt,
    });
  });
}

describe("an instance", () => {
  it("is made in a region, with its place in its first event", async () => {
    const instance = await made();
    expect(instance).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      crn: crnOf(instance),
      name: "payments",
      region: "eu-de",
      createdAt: app.clock.now(),
    });
    expect(app.lastEvent()).toMatchObject({
      operation: "instance.create",
      action: "secrets-manager.instance.create",
      message: "Secrets Manager: create instance payments",
      region: "eu-de",
      instance: instance.id,
      logSourceCRN: instance.crn,
      target: { id: instance.crn, name: "payments" },
      requestData: { name: "payments", region: "eu-de" },
      responseData: { id: instance.id, crn: instance.crn, region: "eu-de" },
    });
  });

  it("takes secrets of its own, of which the others know nothing", async () => {
    const manager = await app.callerWith(["Manager"]);
    const instance = await made();
    const place = { ...PLACE, region: "eu-de", instance: instance.id };
    const call = app.call(manager, place);
    const input = () => arbitrary("db");
    expect((await app.performer.perform(createSecret, call, input)).kind).toBe("done");
    expect(app.lastEvent()).toMatchObject({ region: "eu-de", logSourceCRN: instance.crn });
    await app.done(createSecret, manager, arbitrary("db"));
  });

  it("stands behind those that were made before it, even in the same millisecond, whatever they are called", async () => {
    const names = ["e", "d", "c", "b", "a"].map((letter) => `made-${letter}`);
    for (const name of names) await made(name);
    app.clock.advance(-60_000);
    await made("made-later");
    const first = await app.state.read(({ identity }) => identity.instances(ACCOUNT));
    expect(first.map(({ name }) => name)).toEqual(["test", ...names, "made-later"]);
    await app.done(renameInstance, operator, renameInstanceInput(first[0]?.id ?? "", "zz"));
    const { instances } = await app.done(listInstances, operator, {});
    expect(instances.map(({ name }) => name)).toEqual(["zz", ...names, "made-later"]);
  });

  it("is not made where no events are sent, and the refusal says what to do", async () => {
    const input = { name: "south", region: "in-che" };
    const { code, message } = await app.refused(createInstance, operator, input);
    expect(code).toBe("conflict");
    expect(message).toMatch(/in-che sends no activity tracking events.*--regions/);
    expect(app.lastEvent()).toMatchObject({
      outcome: "failure",
      region: "global",
      instance: null,
      requestData: { name: "south", region: "in-che" },
    });
    const { instances } = await app.done(listInstances, operator, {});
    expect(instances).toHaveLength(1);
  });

  it("is made there once the installation's regions say that events are sent", async () => {
    await app.close();
    const all = Regions.default.all.map((region) => ({ ...region, events: true }));
    app = await openTestApp({ regions: Regions.parse(JSON.stringify(all)) });
    operator = await app.callerWith(["Operator"]);
    expect((await made("south", "in-che")).crn).toContain(":secrets-manager:in-che:");
  });

  it.each([
    [{ name: "x", region: "mars" }, "region"],
    [{ name: "x", region: "" }, "region"],
    [{ name: " ", region: "eu-de" }, "name"],
    [{ name: "a\nb", region: "eu-de" }, "name"],
    [{ name: "x".repeat(256), region: "eu-de" }, "name"],
  ])("is refused where it cannot be read, and nothing of it is kept: %j", async (input, field) => {
    const refusal = await app.refused(createInstance, operator, input);
    expect([refusal.code, refusal.details["field"]]).toEqual(["invalid_request", field]);
    expect(app.lastEvent()).toMatchObject({ outcome: "failure", requestData: {} });
  });

  it("is one of a hundred in its account at most", async () => {
    await app.state.transact(async ({ identity }) => {
      for (let i = 1; i < MAX_INSTANCES; i++) {
        const id = `${UNKNOWN.slice(0, -3)}${String(i).padStart(3, "0")}`;
        await identity.putInstance({
          id,
          account: ACCOUNT,
          region: "eu-de",
          name: `n ${i}`,
          createdAt: i,
        });
      }
    });
    const refusal = await app.refused(createInstance, operator, { name: "x", region: "eu-de" });
    expect(refusal.code).toBe("limit_reached");
  });

  it("gets another name, and keeps its CRN", async () => {
    const instance = await made();
    const input = renameInstanceInput(instance.id, "payments, production");
    const renamed = await app.done(renameInstance, operator, input);
    expect(renamed).toMatchObject({ ...instance, name: "payments, production" });
    expect(app.lastEvent()).toMatchObject({
      operation: "instance.update",
      logSourceCRN: instance.crn,
      target: { id: instance.crn, name: "payments, production" },
      requestData: { id: instance.id, changes: ["name"] },
      responseData: {
        changes: [{ field: "name", initialValue: "payments", newValue: "payments, production" }],
      },
    });
    expect(await app.done(readInstance, operator, { id: instance.id })).toMatchObject({
      name: "payments, production",
    });
    const nameless = await app.refused(renameInstance, operator, { ...input, name: "" });
    expect(nameless.code).toBe("invalid_request");
  });

  it.each([
    ["unknown", UNKNOWN],
    ["another account's", FOREIGN],
  ])("that is %s is not there", async (_what, id) => {
    await foreignInstance();
    const input = renameInstanceInput(id, "mine");
    expect((await app.refused(readInstance, operator, { id })).code).toBe("not_found");
    expect((await app.refused(renameInstance, operator, input)).code).toBe("not_found");
    expect((await app.refused(deleteInstance, operator, { id })).code).toBe("not_found");
    expect(app.lastEvent()).toMatchObject({ account: ACCOUNT, outcome: "failure" });
  });
});

describe("the end of an instance", () => {
  it("comes when it is empty, and is recorded in its own place", async () => {
    const instance = await made();
    await app.done(deleteInstance, operator, { id: instance.id });
    expect(app.lastEvent()).toMatchObject({
      operation: "instance.delete",
      severity: "critical",
      region: "eu-de",
      instance: instance.id,
      logSourceCRN: instance.crn,
      target: { name: "payments" },
    });
    const again = await app.refused(deleteInstance, operator, { id: instance.id });
    expect(again.code).toBe("not_found");
  });

  it("is refused in words that say what is left in it", async () => {
    const manager = await app.callerWith(["Manager"]);
    const secret = await app.done(createSecret, manager, arbitrary("one"));
    await app.done(createSecret, manager, arbitrary("two"));
    await app.done(createSecretGroup, manager, { name: "group" });
    await app.state.transact(async ({ configurations, registrations, leases }) => {
      const at = { account: ACCOUNT, instance: PLACE.instance };
      await configurations.insertConfiguration({
        id: UNKNOWN,
        at,
        type: "iam_credentials_configuration",
        name: "engine",
        attributes: { kind: "iam-engine", apiKeyId: "ApiKey-1", disabled: false },
        sealed: null,
        dataKey: app.capabilities.vault.newDataKey(at, UNKNOWN),
        createdBy: "test",
        createdAt: 1,
        updatedAt: 1,
      });
      await registrations.putRegistration({
        at,
        notificationsCrn: "crn",
        sourceName: "n",
        sourceDescription: null,
        createdBy: "test",
        createdAt: 1,
      });
      const lease = {
        at,
        secretId: secret.id,
        versionId: null,
        apiKeyId: "ApiKey-1",
        serviceId: "iam-ServiceId-1",
        ownsServiceId: true,
        policyId: null,
        expiresAt: null,
      };
      await leases.insertLease({ ...lease, id: UNKNOWN });
      await leases.insertLease({ ...lease, id: FOREIGN });
    });
    const refusal = await app.refused(deleteInstance, operator, { id: PLACE.instance });
    expect([refusal.code, refusal.message]).toEqual([
      "conflict",
      "The instance still has 2 secrets, 1 secret group, 1 configuration, " +
        "2 minted credentials that have not been taken back, 1 registration for notifications. " +
        "Delete what is in it first.",
    ]);
    expect((await app.done(readInstance, operator, { id: PLACE.instance })).id).toBe(
      PLACE.instance,
    );
    expect(app.events().filter(({ operation }) => operation === "instance.delete")).toMatchObject([
      { outcome: "failure", instance: PLACE.instance, reason: { reasonCode: 409 } },
    ]);
  });

  it("keeps calls out that were on their way to it", async () => {
    const manager = await app.callerWith(["Manager"]);
    const instance = await made();
    const call = app.call(manager, { ...PLACE, region: "eu-de", instance: instance.id });
    await app.done(deleteInstance, operator, { id: instance.id });
    const late = await app.performer.perform(createSecret, call, () => arbitrary("late"));
    expect(late).toMatchObject({ kind: "refused", refusal: { code: "not_found" } });
  });

  it("is possible once what was in it has been deleted", async () => {
    const manager = await app.callerWith(["Manager"]);
    const secret = await app.done(createSecret, manager, arbitrary("one"));
    expect((await app.refused(deleteInstance, operator, { id: PLACE.instance })).code).toBe(
      "conflict",
    );
    await app.done(deleteSecret, manager, { id: secret.id });
    await app.done(deleteInstance, operator, { id: PLACE.instance });
  });
});

describe("who may", () => {
  it("make, rename and delete instances are operators alone", async () => {
    const { id } = await made();
    const manager = await app.callerWith(["Manager", "Administrator", "Auditor"]);
    const input = renameInstanceInput(id, "theirs");
    const refusals = [
      await app.refused(createInstance, manager, { name: "x", region: "eu-de" }),
      await app.refused(renameInstance, manager, input),
      await app.refused(deleteInstance, manager, { id }),
    ];
    expect(refusals.map(({ code }) => code)).toEqual(["forbidden", "forbidden", "forbidden"]);
    expect(refusals[0]?.message).toContain("Operator");
    expect((await app.done(readInstance, manager, { id })).name).toBe("payments");
  });

  it("operate one region makes instances there and nowhere else", async () => {
    const german = await app.callerWith(["Operator"], { region: "eu-de" });
    const { id } = await app.done(createInstance, german, { name: "x", region: "eu-de" });
    const elsewhere = { name: "x", region: "eu-gb" };
    expect((await app.refused(createInstance, german, elsewhere)).code).toBe("forbidden");
    await app.done(deleteInstance, german, { id });
    const refusal = await app.refused(deleteInstance, german, { id: PLACE.instance });
    expect(refusal.code).toBe("forbidden");
  });

  it("operate one instance makes none", async () => {
    const bound = await app.callerWith(["Operator"], { instance: PLACE.instance });
    const input = { name: "x", region: PLACE.region };
    expect((await app.refused(createInstance, bound, input)).code).toBe("forbidden");
  });

  it("see an instance are those whose policies reach it, in lists as well", async () => {
    const other = await made();
    await foreignInstance();
    const seen = async (caller: Caller): Promise<readonly string[]> =>
      (await app.done(listInstances, caller, {})).instances.map(({ id }) => id);
    const whole = [PLACE.instance, other.id];
    expect(await seen(operator)).toEqual(whole);
    expect(await seen(await app.callerWith(["Reader"]))).toEqual(whole);
    const service = await app.callerWith(["Reader"], { service: "secrets-manager" });
    expect(await seen(service)).toEqual(whole);
    const bound = await app.callerWith(["SecretsReader"], { instance: other.id });
    expect(await seen(bound)).toEqual([other.id]);
    expect(app.lastEvent()).toMatchObject({
      operation: "instance.list",
      region: "global",
      responseData: { totalCount: 1 },
    });
    expect((await app.done(readInstance, bound, { id: other.id })).id).toBe(other.id);
    const refused = await app.refused(readInstance, bound, { id: PLACE.instance });
    expect(refused.code).toBe("forbidden");
    expect(await seen(await app.callerWith(["Reader"], { region: "us-south" }))).toEqual([
      PLACE.instance,
    ]);
    const ofTrail = await app.callerWith(["Operator"], { service: "keytrail" });
    expect(await seen(ofTrail)).toEqual([]);
    const auditor = await app.callerWith(["Auditor"]);
    expect((await app.refused(listInstances, auditor, {})).code).toBe("forbidden");
    // Nobody learns which ids there are.
    expect((await app.refused(readInstance, auditor, { id: UNKNOWN })).code).toBe("forbidden");
  });
});

describe("an account", () => {
  it("begins with an instance whose history begins with it", async () => {
    const input = { name: "New", region: "eu-es" };
    const { id, instanceId } = await app.done(createAccount, SCHEDULE, input);
    const place = instancePlace({
      id: instanceId,
      account: id,
      region: "eu-es",
      name: "",
      createdAt: 0,
    });
    expect(app.lastEvent()).toMatchObject({
      operation: "instance.create",
      logSourceCRN: crn("secrets-manager", place),
    });
  });

  it.each(["in-che", "mars"])("does not begin in %s", async (region) => {
    await app.refused(createAccount, SCHEDULE, { name: "New", region });
    expect(await app.state.read(({ identity }) => identity.accounts())).toHaveLength(1);
  });
});
