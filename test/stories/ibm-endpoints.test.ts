/** Where an instance is to be called, as IBM's wire says it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crn } from "../../src/audit/crn.ts";
import { openIbmApp, type IbmAnswer, type IbmApp, type Person } from "./ibm-app.ts";

const OTHER = "22222222-3333-4444-8555-666666666666";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";

let app: IbmApp;
let reader: Person;

async function open(publicDomain?: string): Promise<void> {
  app = await openIbmApp(publicDomain === undefined ? {} : { publicDomain });
  reader = await app.person("reader@example.com", ["Reader"]);
  await app.test.state.transact(({ identity }) =>
    identity.putInstance({
      id: OTHER,
      account: app.account,
      region: "eu-de",
      name: "other",
      createdAt: app.test.clock.now() + 1,
    }),
  );
}

beforeEach(() => open());
afterEach(() => app.close());

function otherCrn(): string {
  return crn("secrets-manager", { account: app.account, region: "eu-de", instance: OTHER });
}

function ask(text: string, host = "127.0.0.1:8420", by: Person = reader): Promise<IbmAnswer> {
  const url = `/api/v1/instances/${encodeURIComponent(text)}/endpoints`;
  return by.call({ method: "GET", url, headers: { host } });
}

function both(url: string): object {
  const endpoints = { service_api: `${url}/api`, vault_api: url };
  return { public_endpoints: endpoints, private_endpoints: endpoints };
}

describe("the endpoints of an instance", () => {
  it("are the host that was called, where that leads to it, and the asking is recorded", async () => {
    const answer = await ask(app.instanceCrn);
    expect([answer.status, answer.body]).toEqual([200, both("http://127.0.0.1:8420")]);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.endpoints.view",
      outcome: "success",
      initiator: { id: reader.iamId },
      target: { id: app.instanceCrn, name: "test" },
      logSourceCRN: app.instanceCrn,
      requestData: { id: app.instance },
      responseData: { id: app.instance },
    });
    const named = `${OTHER}.eu-de.secrets.example.com`;
    expect((await ask(otherCrn(), named)).body).toEqual(both(`http://${named}`));
  });

  it.each([
    ["127.0.0.1:8420", `${OTHER}.eu-de.localhost:8420`],
    ["[::1]:8420", `${OTHER}.eu-de.localhost:8420`],
    ["localhost", `${OTHER}.eu-de.localhost`],
    ["secrets.example.com", `${OTHER}.eu-de.secrets.example.com`],
  ])("are a name of its own where %s leads to another one: %s", async (called, host) => {
    const answer = await ask(otherCrn(), called);
    expect(answer.body).toEqual(both(`http://${host}`));
    const there = await reader.call({ method: "GET", url: "/api/v2/secrets", headers: { host } });
    expect([there.status, app.events().at(-1)?.instance]).toEqual([200, OTHER]);
  });

  it.each(["us-south.example.com", "localhost:1", "private.example.com"])(
    "are not below the name of the other one: %s",
    async (domain) => {
      const answer = await ask(otherCrn(), `${app.instance}.${domain}`);
      const own = domain.replace("us-south.", "");
      expect(answer.body).toEqual(both(`http://${OTHER}.eu-de.${own}`));
    },
  );

  it("are refused where a bare address leads to another one: there is no name to tell", async () => {
    const { status, body } = await ask(otherCrn(), "10.0.0.1:8420");
    expect([status, body.errors[0].message]).toEqual([
      400,
      expect.stringContaining("--public-domain"),
    ]);
    expect((await ask(app.instanceCrn, "10.0.0.1:8420")).status).toBe(200);
  });

  it("are below the domain that the server has been told of, whatever was called", async () => {
    await app.close();
    await open("secrets.example.com:8443");
    expect((await ask(app.instanceCrn)).body).toEqual(
      both(`https://${app.instance}.us-south.secrets.example.com:8443`),
    );
  });

  it("are said to every role on the instance, and to nobody else", async () => {
    const roles = ["Manager", "Writer", "SecretsReader"] as const;
    for (const role of roles) {
      const person = await app.person(`${role}@example.com`, [role], { instance: OTHER });
      expect((await ask(otherCrn(), "localhost", person)).status).toBe(200);
      expect((await ask(app.instanceCrn, "localhost", person)).status).toBe(403);
    }
    const auditor = await app.person("auditor@example.com", ["Auditor"]);
    expect((await ask(otherCrn(), "localhost", auditor)).status).toBe(403);
    const url = `/api/v1/instances/${encodeURIComponent(otherCrn())}/endpoints`;
    expect((await app.nobody.get(url)).status).toBe(401);
  });

  it.each([
    ["no CRN", "hunter2", 400],
    [
      "the CRN of a secret",
      `crn:v1:bluemix:public:secrets-manager:eu-de:a/x:${OTHER}:secret:1`,
      400,
    ],
    ["another service's", `crn:v1:bluemix:public:kms:eu-de:a/x:${OTHER}::`, 400],
    ["no instance's", "crn:v1:bluemix:public:secrets-manager:eu-de:a/x:::", 400],
    ["another account's", `crn:v1:bluemix:public:secrets-manager:eu-de:a/x:${OTHER}::`, 404],
    ["unknown", `crn:v1:bluemix:public:secrets-manager:eu-de:a/ACCOUNT:${UNKNOWN}::`, 404],
    [
      "of another region",
      `crn:v1:bluemix:public:secrets-manager:us-south:a/ACCOUNT:${OTHER}::`,
      404,
    ],
  ])("of %s are refused in IBM's form, and recorded", async (_what, text, status) => {
    const answer = await ask(text.replace("ACCOUNT", app.account));
    expect([answer.status, answer.body]).toMatchObject([
      status,
      { errors: [{ code: status === 400 ? "bad_request" : "not_found" }], status_code: status },
    ]);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.endpoints.view",
      outcome: "failure",
      reason: { reasonCode: status },
    });
    expect(JSON.stringify(app.events().at(-1))).not.toContain("hunter2");
  });
});
