/** Who may say who acts as a role: `assign` on it, by whichever wire and in whichever way it is said. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DsvServer, type DsvMethod, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;
let eve: DsvUser;
let role: string;
beforeEach(async () => {
  server = await DsvServer.open();
  eve = await server.user("eve@example.com");
  role = (await server.call("POST", "/roles", { body: { name: "boss" } })).body.id;
});
afterEach(() => server.close());

async function rule(
  user: DsvUser,
  actions: readonly string[],
  effect: "allow" | "deny",
): Promise<void> {
  const policy = {
    permissionDocument: [
      { subjects: [`users:${user.user.email}`], actions, resources: ["roles:boss"], effect },
    ],
  };
  const body = { path: "roles:boss", policy, serialization: "json" };
  expect(await server.call("POST", "/config/policies/", { body })).toMatchObject({ status: 201 });
}

/** By IBM's wire, whose paths begin as DSV's do. */
const ibm = (call: readonly [DsvMethod, string], as: DsvUser, body: object) =>
  server.call(call[0], `/profiles/${role}/${call[1]}`, {
    body,
    headers: { authorization: `Bearer ${as.token}`, "if-match": "*" },
  });

const trusting = (as: DsvUser) =>
  ibm(["PUT", "identities"], as, {
    identities: [{ type: "user", identifier: as.user.iamId }],
  });

const CLAIM = { claim: "team", operator: "EQUALS", value: '"boss"' };
const ruling = (as: DsvUser) =>
  ibm(["POST", "rules"], as, {
    type: "Profile-SAML",
    realm_name: "https://idp.example.com",
    conditions: [CLAIM],
    expiration: 3_600,
  });

describe("who acts as a role", () => {
  it("is not said by whom a document lets change the role and no more", async () => {
    await rule(eve, ["update"], "allow");
    const body = { description: "ours" };
    expect(await server.call("PUT", "/roles/boss", { body, as: eve })).toMatchObject({
      status: 200,
    });
    expect((await trusting(eve)).status).toBe(403);
    expect((await ruling(eve)).status).toBe(403);
  });

  it("is said by whom one lets change and assign it", async () => {
    await rule(eve, ["update", "assign"], "allow");
    expect((await trusting(eve)).status).toBe(200);
    expect((await ruling(eve)).status).toBe(201);
  });

  it("is not said by an administrator whom one denies it", async () => {
    const admin = await server.user("carl@example.com", ["Administrator"]);
    await rule(admin, ["assign"], "deny");
    expect((await trusting(admin)).status).toBe(403);
    expect((await ruling(admin)).status).toBe(403);
  });
});
