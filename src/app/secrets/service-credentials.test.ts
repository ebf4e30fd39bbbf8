/** Credentials of an instance of Secrets Manager as the value of a secret. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crn } from "../../audit/crn.ts";
import { accountPlace } from "../../identity/account.ts";
import type { Caller } from "../call.ts";
import { createPolicy, deletePolicy } from "../identity/policies.ts";
import { ACCOUNT, PLACE, SCHEDULE, START } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { readSecret } from "./read-secret.ts";
import { arbitrary, created, valued } from "./testing/inputs.ts";
import {
  apiKeyIn,
  INSTANCE_CRN,
  openMintingApp,
  serviceSecret,
  type MintingApp,
} from "./testing/minting.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";

const DAY_S = 86_400;
const DAY_MS = DAY_S * 1_000;

let minting: MintingApp;
beforeEach(async () => {
  minting = await openMintingApp({ roles: ["Administrator"] });
});
afterEach(() => minting.app.close());

type Given = Parameters<typeof serviceSecret>[2];
const make = async (role: Parameters<typeof serviceSecret>[1], given: Given = {}, name = "sc") =>
  valued(await minting.app.done(createSecret, minting.manager, serviceSecret(name, role, given)));
type Valued = { readonly payload: Parameters<typeof apiKeyIn>[0] };
const works = async ({ payload }: Valued) => (await minting.login(apiKeyIn(payload))) !== undefined;
const callerOf = async ({ payload }: Valued): Promise<Caller> =>
  (await minting.session(apiKeyIn(payload)))();
const policies = () =>
  minting.app.state.read(async ({ identity }) => {
    const { items } = await identity.policies(ACCOUNT, undefined, { offset: 0, limit: 100 });
    return items.filter(({ createdBy }) => createdBy === minting.engine.iamId);
  });
const serviceIdCrn = (id: string) =>
  crn("iam-identity", accountPlace(ACCOUNT), { kind: "serviceid", id });

describe("service credentials", () => {
  it("have the role they name on the instance they name, and nothing else", async () => {
    const { app, manager } = minting;
    const made = await make("SecretsReader");
    const { id } = await app.done(createSecret, manager, arbitrary("read-me"));
    const caller = await callerOf(made);
    expect((await app.done(readSecret, caller, { id })).payload).not.toBeNull();
    expect((await app.refused(createSecret, caller, arbitrary("own"))).code).toBe("forbidden");
    expect((await policies()).map(({ roles, resource }) => [roles, resource])).toEqual([
      [["SecretsReader"], { service: "secrets-manager", instance: PLACE.instance }],
    ]);
  });

  it("say what was made for them, and only their value has the key", async () => {
    const made = await make("Writer");
    if (made.payload?.kind !== "service_credentials") throw new Error("of another type");
    const { apikey, ...told } = made.payload.credentials.reveal();
    const { attributes } = made;
    if (attributes?.kind !== "service_credentials") throw new Error("of another type");
    expect(told).toEqual({
      iam_apikey_description: `Made for the secret ${made.crn}`,
      iam_apikey_id: attributes.made.apiKeyId,
      iam_apikey_name: "keytrail-sc",
      iam_role_crn: "crn:v1:bluemix:public:iam::::serviceRole:Writer",
      iam_serviceid_crn: serviceIdCrn(attributes.made.serviceId.slice("iam-".length)),
    });
    const lines = minting.app.log.lines.map((line) => Buffer.from(line).toString()).join("\n");
    expect(lines).not.toContain(String(apikey));
    expect(JSON.stringify(attributes)).not.toContain(String(apikey));
  });

  it("are made in four parts by the engine, and taken back in as many", async () => {
    const { app, manager } = minting;
    let from = app.log.size;
    const told = () =>
      app
        .events()
        .slice(from)
        .map(({ operation, initiator }) => [operation, initiator.name]);
    const made = await make("Writer");
    expect(told()).toEqual([
      ["secret.create", "Manager-Editor"],
      ["serviceid.create", "engine"],
      ["policy.create", "engine"],
      ["serviceid-apikey.create", "engine"],
    ]);
    from = app.log.size;
    await app.done(deleteSecret, manager, { id: made.id });
    expect(told()).toEqual([
      ["secret.delete", "Manager-Editor"],
      ["secret-credentials.delete", "Manager-Editor"],
      ["serviceid-apikey.delete", "Keytrail"],
      ["policy.delete", "Keytrail"],
      ["serviceid.delete", "Keytrail"],
    ]);
    expect(await works(made)).toBe(false);
    expect(await policies()).toEqual([]);
  });

  it("without a lease last until their version but one, and are not found due", async () => {
    const first = await make("Reader");
    minting.app.clock.advance(1_000 * DAY_MS);
    expect(await minting.pass()).toEqual({ rotation: [0, 0], credentials: [0, 0] });
    const rotate = async () =>
      created(await minting.app.done(createVersion, minting.manager, { id: first.id }));
    const second = await rotate();
    expect([await works(first), await works(second)]).toEqual([true, true]);
    const third = await rotate();
    expect([await works(first), await works(second), await works(third)]).toEqual([
      false,
      true,
      true,
    ]);
    expect(await policies()).toHaveLength(1);
  });

  it("on a lease stop at its end", async () => {
    const made = await make("Reader", { ttlSeconds: DAY_S });
    const { id } = made;
    minting.app.clock.set(START + DAY_MS);
    expect(await minting.pass()).toMatchObject({ credentials: [1, 0] });
    expect(await works(made)).toBe(false);
    const patch = updateSecretMetadataInput(id, { ttl: null });
    await minting.app.done(updateSecretMetadata, minting.manager, patch);
    const next = created(await minting.app.done(createVersion, minting.manager, { id }));
    expect(next.expiresAt).toBeNull();
  });

  it("of a service ID that exists are a key of it and a policy for it, shared by those that ask for the same", async () => {
    const { app, manager } = minting;
    const { id } = await minting.serviceId("deployer");
    const given = { parameters: { serviceid_crn: serviceIdCrn(id) } };
    const one = await make("Writer", given, "one");
    const two = await make("Writer", given, "two");
    expect(await policies()).toHaveLength(1);
    await app.done(deleteSecret, manager, { id: one.id });
    await app.done(createSecret, await callerOf(two), arbitrary("by-two"));
    await app.done(deleteSecret, manager, { id: two.id });
    expect(await policies()).toEqual([]);
    expect(await app.state.read(({ identity }) => identity.serviceId(ACCOUNT, id))).toBeDefined();
  });

  it("leave a policy that somebody else made where it was", async () => {
    const { app, manager } = minting;
    const { id, iamId } = await minting.serviceId("deployer");
    const resource = { service: "secrets-manager", instance: PLACE.instance };
    const own = { subject: iamId, roles: ["Writer"], resource };
    const policy = await app.done(createPolicy, SCHEDULE, own);
    const made = await make("Writer", { parameters: { serviceid_crn: serviceIdCrn(id) } });
    await app.done(deleteSecret, manager, { id: made.id });
    const { items } = await app.state.read(({ identity }) =>
      identity.policies(ACCOUNT, iamId, { offset: 0, limit: 9 }),
    );
    expect(items.map((one) => one.id)).toEqual([policy.id]);
  });

  it("get their policy again with the next version, if somebody has taken it away", async () => {
    const { app, manager } = minting;
    const made = await make("Writer");
    const [policy] = await policies();
    await app.done(deletePolicy, SCHEDULE, { id: policy?.id ?? "" });
    const next = created(await app.done(createVersion, manager, { id: made.id }));
    await app.done(createSecret, await callerOf(next), arbitrary("by-next"));
    await app.done(deleteSecret, manager, { id: made.id });
    expect(await policies()).toEqual([]);
  });
});

describe("service credentials are refused", () => {
  const refused = async (role: string, given: Given = {}) => {
    const { app, manager } = minting;
    const input = serviceSecret("sc", role as "Reader", given);
    const { code, details, message } = await app.refused(createSecret, manager, input);
    return { code, field: details["field"], message };
  };

  it("for what is no instance of the account", async () => {
    const field = "source_service.instance";
    const cos = "crn:v1:bluemix:public:cloud-object-storage:global:a/x:y::";
    expect(await refused("Reader", { instanceCrn: cos })).toMatchObject({
      code: "invalid_request",
      field,
      message: expect.stringContaining("secrets-manager"),
    });
    for (const instanceCrn of [
      "nonsense",
      crn("secrets-manager", { ...PLACE, instance: "99999999-2222-4333-8444-555555555555" }),
      crn("secrets-manager", { ...PLACE, account: "f".repeat(32) }),
      crn("secrets-manager", { ...PLACE, region: "eu-de" }),
    ]) {
      expect(await refused("Reader", { instanceCrn })).toMatchObject({
        code: "invalid_request",
        field,
      });
    }
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
    expect(INSTANCE_CRN).toContain(PLACE.instance);
  });

  it("with a role of another kind, a lease out of bounds, or parameters that nothing reads", async () => {
    const code = "invalid_request";
    const role = { code, field: "source_service.role" };
    expect(await refused("Administrator")).toMatchObject(role);
    expect(await refused("Operator")).toMatchObject(role);
    expect(await refused("Reader", { ttlSeconds: DAY_S - 1 })).toMatchObject({
      code,
      field: "ttl",
    });
    expect(await refused("Reader", { ttlSeconds: 90 * DAY_S + 1 })).toMatchObject({ code });
    const parameters = { code, field: "source_service.parameters" };
    for (const given of [
      { HMAC: true },
      { serviceid_crn: 1 },
      { serviceid_crn: "ServiceId-1" },
      { serviceid_crn: serviceIdCrn("ServiceId-1").replace(ACCOUNT, "f".repeat(32)) },
      { serviceid_crn: "x".repeat(3_000) },
    ]) {
      expect(await refused("Reader", { parameters: given })).toMatchObject(parameters);
    }
    const unknown = { parameters: { serviceid_crn: serviceIdCrn("ServiceId-1") } };
    expect(await refused("Reader", unknown)).toMatchObject({ code });
    expect(await minting.minted()).toEqual({ keys: [], serviceIds: [] });
  });
});
