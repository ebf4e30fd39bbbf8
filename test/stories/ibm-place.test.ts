/** Which instance a call is addressed to, and the ids by which a caller finds it again. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crn, type Place } from "../../src/audit/crn.ts";
import { openIbmApp, type IbmApp, type Person } from "./ibm-app.ts";

const OTHER = "22222222-3333-4444-8555-666666666666";
const FOREIGN_ACCOUNT = "fedcba9876543210fedcba9876543210";
const FOREIGN = "33333333-4444-4555-8666-777777777777";
const SECRETS = "/api/v2/secrets";

let app: IbmApp;
let manager: Person;
let other: Place;
let foreign: Place;

beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
  other = { account: app.account, region: "eu-de", instance: OTHER };
  foreign = { account: FOREIGN_ACCOUNT, region: "eu-gb", instance: FOREIGN };
  const createdAt = app.test.clock.now() + 1;
  await app.test.state.transact(async ({ identity }) => {
    const account = { id: FOREIGN_ACCOUNT, name: "Foreign", createdAt, isHandedOver: true };
    await identity.putAccount(account);
    for (const { account: owner, region, instance } of [other, foreign]) {
      const id = String(instance);
      await identity.putInstance({ id, account: owner, region, name: "extra", createdAt });
    }
  });
});

afterAll(() => app.close());

function hostOf(id: string, region = "eu-de"): Readonly<Record<string, string>> {
  return { host: `${id}.${region}.secrets-manager.appdomain.cloud` };
}

describe("a call", () => {
  it("goes to the instance that its host name starts with", async () => {
    const body = { name: "in-other", secret_type: "arbitrary", payload: "x" };
    const created = await manager.call({
      method: "POST",
      url: SECRETS,
      body,
      headers: hostOf(OTHER.toUpperCase()),
    });
    expect([created.status, created.body.crn]).toEqual([
      201,
      crn("secrets-manager", other, { kind: "secret", id: created.body.id }),
    ]);
    expect(app.events().at(-1)).toMatchObject({
      logSourceCRN: crn("secrets-manager", other),
      region: "eu-de",
      instance: OTHER,
    });
    expect((await manager.get(`${SECRETS}/${created.body.id}`)).status).toBe(404);
    const listed = await manager.call({ method: "GET", url: SECRETS, headers: hostOf(OTHER) });
    expect(listed.body.total_count).toBe(1);
  });

  it.each([
    "localhost:8420",
    "10.0.0.1",
    "[::1]:80",
    "[2001:db8::1234:5678:9abc:def0]:80",
    "eu-de.secrets-manager.appdomain.cloud",
    "private.eu-de.secrets-manager.appdomain.cloud",
    "secrets-manager.appdomain.cloud",
    "secrets.example.com",
    "vault.eu-de.example.com",
    "my-company-secrets-in-production.eu-de.example.com",
  ])("goes to the first instance of the caller's account behind a plain name: %s", async (host) => {
    const listed = await manager.call({ method: "GET", url: SECRETS, headers: { host } });
    expect(listed.status).toBe(200);
    expect(app.events().at(-1)?.logSourceCRN).toBe(app.instanceCrn);
  });

  it.each([
    `${OTHER}.private.eu-de.secrets-manager.appdomain.cloud`,
    `${OTHER}.eu-de.secrets.example.com:8420`,
    `${OTHER}.localhost:8420`,
    `${OTHER}.my-corp.example`,
    OTHER,
  ])("goes to its instance under whichever domain: %s", async (host) => {
    const listed = await manager.call({ method: "GET", url: SECRETS, headers: { host } });
    expect(listed.status).toBe(200);
    expect(app.events().at(-1)).toMatchObject({ region: "eu-de", instance: OTHER });
  });

  it.each([
    "00000000-0000-4000-8000-000000000000.eu-de.example",
    "00000000-0000-4000-8000-000000000000",
    `${OTHER.slice(0, -1)}.localhost`,
    `${OTHER}0.eu-de.example`,
    `${OTHER.slice(0, -1)}g.eu-de.secrets-manager.appdomain.cloud`,
    "payments.private.eu-de.secrets-manager.appdomain.cloud",
  ])("to an instance that there is not reaches no other one, and is recorded: %s", async (host) => {
    const body = { name: "astray", secret_type: "arbitrary", payload: "hunter2" };
    const made = await manager.call({ method: "POST", url: SECRETS, body, headers: { host } });
    expect([made.status, made.body.errors[0].code]).toEqual([404, "not_found"]);
    expect(app.events().at(-1)).toMatchObject({
      operation: "secret.create",
      outcome: "failure",
      reason: { reasonCode: 404 },
      initiator: { id: manager.iamId },
      account: app.account,
      region: "global",
      instance: null,
      requestData: {},
    });
    const listed = await manager.get(`${SECRETS}?search=astray`);
    expect(listed.body.total_count).toBe(0);
  });

  it.each([
    hostOf(OTHER, "us-south").host,
    hostOf(OTHER, "nowhere").host,
    `${OTHER}.private.eu-gb.secrets-manager.appdomain.cloud`,
    `${OTHER}.us-south.secrets.example.com`,
  ])(
    "that names another region than its instance is in is refused there: %s",
    async (host = "") => {
      const listed = await manager.call({ method: "GET", url: SECRETS, headers: { host } });
      expect(listed.status).toBe(404);
      expect(app.events().at(-1)).toMatchObject({
        operation: "secret.list",
        outcome: "failure",
        logSourceCRN: crn("secrets-manager", other),
      });
    },
  );

  it("of nobody to an instance that there is not is asked for a credential first", async () => {
    const headers = { host: "00000000-0000-4000-8000-000000000000.localhost" };
    const refused = await app.nobody.call({ method: "GET", url: SECRETS, headers });
    expect(refused.status).toBe(401);
    expect(app.events().at(-1)).toMatchObject({ account: app.account, instance: null });
  });

  it("to another account's instance is refused, and stands in that account's trail", async () => {
    const refused = await manager.call({
      method: "GET",
      url: SECRETS,
      headers: hostOf(FOREIGN, "eu-gb"),
    });
    expect(refused.status).toBe(403);
    expect(app.events().at(-1)).toMatchObject({
      account: FOREIGN_ACCOUNT,
      logSourceCRN: crn("secrets-manager", foreign),
      initiator: { id: manager.iamId },
      outcome: "failure",
    });
  });

  it("of nobody stands in the trail of the instance it was addressed to", async () => {
    const headers = hostOf(FOREIGN, "eu-gb");
    await app.nobody.call({ method: "GET", url: SECRETS, headers });
    expect(app.events().at(-1)?.logSourceCRN).toBe(crn("secrets-manager", foreign));
    await app.nobody.get(SECRETS);
    expect(app.events().at(-1)?.logSourceCRN).toBe(app.instanceCrn);
  });
});

describe("the ids of a call", () => {
  it.each(["X-Correlation-Id", "X-Global-Transaction-Id", "Transaction-Id", "X-Request-Id"])(
    "are the caller's own in %s, in the answer and in the event",
    async (header) => {
      const headers = { [header.toLowerCase()]: "abc-123" };
      const answer = await manager.call({ method: "GET", url: SECRETS, headers });
      expect(answer.headers).toMatchObject({
        "x-correlation-id": "abc-123",
        "transaction-id": "abc-123",
      });
      expect(answer.headers["x-request-id"]).toBe(answer.headers["x-global-transaction-id"]);
      expect(app.events().at(-1)).toMatchObject({
        correlationId: "abc-123",
        requestId: answer.headers["x-request-id"],
        id: answer.headers["keytrail-event"],
      });
    },
  );

  it("are ours where the caller's would not bear repeating", async () => {
    for (const odd of ["a b", "x".repeat(129), "\u00e9"]) {
      const headers = { "x-correlation-id": odd };
      const answer = await manager.call({ method: "GET", url: SECRETS, headers });
      expect(answer.headers["x-correlation-id"]).toBe(answer.headers["x-request-id"]);
    }
  });
});
