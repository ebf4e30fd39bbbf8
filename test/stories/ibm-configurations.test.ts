/** The calls about configurations by IBM's wire, as far as they are the same for every type; each with its event. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openIbmApp, type IbmAnswer, type IbmApp, type Person } from "./ibm-app.ts";

const CONFIGURATIONS = "/api/v2/configurations";
const ENGINE = "iam_credentials_configuration";
const ROOT = "private_cert_configuration_root_ca";
const TYPE_HEADER = "X-Sm-Accept-Configuration-Type";

let app: IbmApp;
let manager: Person;
let reader: Person;

beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
  reader = await app.person("reader@example.com", ["Reader"]);
  await create("engine", engine());
  await create("root", { config_type: ROOT, max_ttl: "8760h", common_name: "example.com" });
});

afterAll(() => app.close());

function engine(): object {
  return { config_type: ENGINE, api_key: manager.apiKey };
}

async function create(name: string, given: object): Promise<void> {
  const answer = await manager.post(CONFIGURATIONS, { name, ...given });
  expect(answer.status, answer.text).toBe(201);
}

function expectRefused(answer: IbmAnswer, status: number, sentence: RegExp): void {
  expect([answer.status, answer.body.errors?.[0]?.message]).toEqual([
    status,
    expect.stringMatching(sentence),
  ]);
  expect(app.events().at(-1)).toMatchObject({
    id: answer.headers["keytrail-event"],
    outcome: "failure",
    requestData: {},
  });
}

const namesOf = ({ body }: IbmAnswer): readonly string[] =>
  body.configurations.map(({ name }: { readonly name: string }) => name);

describe("a list of configurations", () => {
  it.each([
    ["", ["engine", "root"]],
    ["?sort=-name", ["root", "engine"]],
    ["?sort=config_type", ["engine", "root"]],
    ["?sort=-secret_type", ["root", "engine"]],
    ["?secret_types=private_cert,kv", ["root"]],
    ["?search=ROO", ["root"]],
    ["?search=%25%25", []],
    ["?limit=1&offset=1", ["root"]],
  ])("is what is asked for: %s", async (query, names) => {
    const answer = await reader.get(`${CONFIGURATIONS}${query}`);
    expect(answer.status, answer.text).toBe(200);
    expect(namesOf(answer)).toEqual(names);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.configurations.list",
      responseData: { returnedCount: names.length },
    });
  });

  it.each(["sort=created_at", "secret_types=CANARY", "limit=0", "type=kv", "search=a"])(
    "is refused for what cannot be meant: %s",
    async (query) => {
      expectRefused(await reader.get(`${CONFIGURATIONS}?${query}`), 400, /\w/);
    },
  );
});

describe("a configuration", () => {
  it("is found by its name, and by its type where that is said", async () => {
    const get = (type?: string): Promise<IbmAnswer> =>
      manager.call({
        method: "GET",
        url: `${CONFIGURATIONS}/root`,
        ...(type === undefined ? {} : { headers: { [TYPE_HEADER]: type } }),
      });
    expect((await get()).body).toMatchObject({ name: "root", config_type: ROOT });
    expect((await get(ROOT)).status).toBe(200);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.configuration.read",
      requestData: { name: "root", configurationType: ROOT },
    });
    expectRefused(await get(ENGINE), 404, /no such configuration/);
    expectRefused(await get("CANARY"), 400, /^The types of configurations are /);
  });

  it("is changed by fields of its own type alone", async () => {
    const url = `${CONFIGURATIONS}/root`;
    expect((await manager.patch(url, { crl_expiry: "48h" })).body.crl_expiry_seconds).toBe(172_800);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.configuration.update",
      requestData: { name: "root", changes: ["crl_expiry"] },
    });
    const foreign = /^A configuration of this type has no such fields/;
    expectRefused(await manager.patch(url, { api_key: "CANARY" }), 400, foreign);
    const unknown = /^The request body has fields of no type of configuration\.$/;
    expectRefused(await manager.patch(url, { CANARY: "CANARY" }), 400, unknown);
    expectRefused(await manager.patch(url, { crl_expiry: "1h", api_key: "CANARY" }), 400, unknown);
    const headers = { [TYPE_HEADER]: ENGINE };
    const ofEngine = await manager.call({
      method: "PATCH",
      url: `${CONFIGURATIONS}/engine`,
      body: { api_key: 7 },
      headers,
    });
    expectRefused(ofEngine, 400, /^The field api_key must be a string\.$/);
    expect(JSON.stringify(app.events())).not.toContain("CANARY");
  });

  it("is what its maker alone can have named: no other of any type has its name", async () => {
    const made = await manager.post(CONFIGURATIONS, { name: "root", ...engine() });
    expectRefused(made, 400, /already exists/);
  });

  it.each([
    ["no type", { name: "x-1" }],
    ["a type that there is not", { name: "x-1", config_type: "constructor" }],
    ["no name", { config_type: ENGINE, api_key: "CANARY" }],
    ["a name that is none", { name: "CANARY/1", config_type: ENGINE, api_key: "CANARY" }],
    ["fields of another type", { name: "x-1", config_type: ENGINE, max_ttl: "CANARY" }],
    ["a key that is none", { name: "x-1", config_type: ENGINE, api_key: "CANARY" }],
  ])("is not made with %s", async (_what, body) => {
    expectRefused(await manager.post(CONFIGURATIONS, body), 400, /\w/);
    expect(JSON.stringify(app.events().at(-1))).not.toContain("CANARY");
  });

  it("does nothing that its type has no action for", async () => {
    const act = (name: string, action: string): Promise<IbmAnswer> =>
      manager.post(`${CONFIGURATIONS}/${name}/actions`, { action_type: action, CANARY: "CANARY" });
    for (const action of ["toString", "CANARY"]) {
      expectRefused(await act("engine", action), 400, /have no such action/);
    }
    expectRefused(await act("nothing", "CANARY"), 404, /no such configuration/);
    expect(JSON.stringify(app.events())).not.toContain("CANARY");
  });

  it("is one of ten of its type at most, and makes room when it is deleted", async () => {
    for (let n = 2; n <= 10; n++) await create(`engine-${n}`, engine());
    const eleventh = { name: "engine-11", ...engine() };
    expectRefused(await manager.post(CONFIGURATIONS, eleventh), 400, /the maximum of 10/);
    const url = `${CONFIGURATIONS}/engine-10`;
    expect((await manager.delete(url)).status).toBe(204);
    expect(app.events().at(-1)).toMatchObject({
      action: "secrets-manager.configuration.delete",
      severity: "critical",
      target: { name: "engine-10" },
    });
    expectRefused(await manager.get(url), 404, /no such configuration/);
    expectRefused(await manager.delete(url), 404, /no such configuration/);
    expect((await manager.post(CONFIGURATIONS, eleventh)).status).toBe(201);
  });

  it("is a manager's business; a reader sees the list", async () => {
    const url = `${CONFIGURATIONS}/root`;
    const attempts = [
      await reader.get(url),
      await reader.patch(url, { crl_expiry: "1h" }),
      await reader.delete(url),
      await reader.post(CONFIGURATIONS, { name: "mine", ...engine() }),
      await reader.post(`${url}/actions`, { action_type: "any" }),
      await reader.get(`${CONFIGURATIONS}/nothing`),
    ];
    for (const answer of attempts)
      expect([answer.status, answer.body.errors[0].code]).toEqual([403, "forbidden"]);
    expect(
      app
        .events()
        .slice(-attempts.length)
        .map(({ outcome, requestData }) => [outcome, requestData]),
    ).toEqual(attempts.map(() => ["failure", {}]));
    expect((await manager.get(url)).status).toBe(200);
  });

  it("shows nothing of what it keeps, by whichever way it is seen", async () => {
    const answers = [
      await manager.get(CONFIGURATIONS),
      ...(await Promise.all(
        ["engine", "root"].map((name) => manager.get(`${CONFIGURATIONS}/${name}`)),
      )),
    ];
    for (const { text } of answers) {
      expect(text).not.toContain(manager.apiKey);
      expect(text).not.toMatch(/PRIVATE KEY|"private_key"/);
    }
    expect(JSON.stringify(app.events())).not.toContain(manager.apiKey);
  });
});
