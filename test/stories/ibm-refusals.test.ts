/**
 * What IBM's wire says no to: in IBM's envelope, with the status its clients expect, and recorded with whatever was
 * known of the call by then.
 */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_BODY_BYTES } from "../../src/http/server.ts";
import { openIbmApp, type IbmApp, type IbmAnswer, type Person } from "./ibm-app.ts";

let app: IbmApp;
let manager: Person;
let reader: Person;
let stranger: Person;
let secretId: string;
let groupId: string;

const SECRETS = "/api/v2/secrets";
const NOBODY = "00000000-0000-4000-8000-000000000000";
const LOCKED = "The requested action can't be completed because the secret version is locked.";

beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
  reader = await app.person("reader@example.com", ["Reader"]);
  stranger = await app.person("stranger@example.com", []);
  const group = await manager.post("/api/v2/secret_groups", { name: "team-a" });
  groupId = String(group.body.id);
  const body = { name: "db", secret_type: "arbitrary", payload: "v1", secret_group_id: groupId };
  secretId = String((await manager.post(SECRETS, body)).body.id);
});

afterAll(() => app.close());

/** The envelope, and the last event with it. */
function expectRefused(answer: IbmAnswer, status: number, code: string): Record<string, unknown> {
  expect(answer.body).toEqual({
    errors: [{ code, message: expect.stringMatching(/\w.*\.$/) }],
    status_code: status,
    trace: answer.headers["x-request-id"],
  });
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  const event = app.events().at(-1);
  expect(event).toMatchObject({
    id: answer.headers["keytrail-event"],
    outcome: "failure",
    requestId: answer.headers["x-request-id"],
    responseData: {},
    reason: { reasonForFailure: answer.body.errors[0].message },
  });
  expect(event?.message).toMatch(/ -failure$/);
  return event as unknown as Record<string, unknown>;
}

describe("a call that is refused", () => {
  it("for want of a credential is a 401, recorded against the secret its path names", async () => {
    const answer = await app.nobody.get(`${SECRETS}/${secretId}`);
    const event = expectRefused(answer, 401, "unauthorized");
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="keytrail"');
    expect(event).toMatchObject({
      action: "secrets-manager.secret.read",
      severity: "critical",
      reason: { reasonCode: 401, reasonType: "Unauthorized" },
      initiator: { id: "", name: "", credential: { type: "public-access" } },
      logSourceCRN: app.instanceCrn,
    });
    expect(event["target"]).toMatchObject({
      id: `${app.instanceCrn.replace(/::$/, "")}:secret:${secretId}`,
    });
  });

  it.each([
    "Bearer rubbish",
    "Bearer a.b.c",
    "Basic Yng6Yng=",
    "Bearer",
    "apikey x",
    "Bearer \u0001",
  ])(
    "for a credential that is none (%j) is a 401, recorded as a token that was tried",
    async (authorization) => {
      const answer = await app.nobody.call({
        method: "GET",
        url: SECRETS,
        headers: { authorization },
      });
      const event = expectRefused(answer, 401, "unauthorized");
      expect(event).toMatchObject({
        action: "secrets-manager.secrets.list",
        initiator: { id: "", credential: { type: "token" } },
      });
    },
  );

  it("for a token that was good once names whom it spoke of", async () => {
    const start = app.test.clock.now();
    app.test.clock.advance(2 * 3_600_000);
    const answer = await manager.get(SECRETS);
    app.test.clock.set(start);
    const event = expectRefused(answer, 401, "unauthorized");
    expect(answer.body.errors[0].message).toBe("The access token has expired.");
    expect(event).toMatchObject({
      initiator: { id: manager.iamId, typeURI: "service/security/account/user" },
    });
  });

  it("for want of a role is a 403, with the caller, the secret and the roles that would do", async () => {
    const answer = await reader.get(`${SECRETS}/${secretId}`);
    const event = expectRefused(answer, 403, "forbidden");
    expect(answer.body.errors[0].message).toContain("SecretsReader");
    expect(event).toMatchObject({
      severity: "critical",
      reason: { reasonCode: 403, reasonType: "Forbidden" },
      initiator: { id: reader.iamId, name: "reader@example.com" },
      target: { name: "db" },
    });
  });

  it("hides from a caller without any role whether a secret exists", async () => {
    const there = await stranger.get(`${SECRETS}/${secretId}`);
    const missing = await stranger.get(`${SECRETS}/${NOBODY}`);
    expectRefused(missing, 403, "forbidden");
    expect(missing.body.errors).toEqual(there.body.errors);
  });

  it.each([
    ["GET", `${SECRETS}/${NOBODY}`],
    ["GET", `${SECRETS}/${NOBODY}/versions/current`],
    ["GET", `/api/v2/secret_groups/${NOBODY}`],
    ["GET", "/api/v2/secret_groups/default/secret_types/arbitrary/secrets/none"],
    ["GET", "/api/v2/secret_groups/team-a/secret_types/kv/secrets/db"],
    ["GET", "/api/v2/secret_groups/other-group/secret_types/arbitrary/secrets/db"],
    ["DELETE", `${SECRETS}/${NOBODY}`],
  ] as const)("for what is not there is a 404: %s %s", async (method, url) => {
    const event = expectRefused(await manager.call({ method, url }), 404, "not_found");
    expect(event).toMatchObject({
      severity: "warning",
      reason: { reasonCode: 404, reasonType: "Not Found" },
    });
  });

  it("for a name that is taken is the 400 that clients of v2 look for, and a conflict in the record", async () => {
    const body = { name: "db", secret_type: "arbitrary", payload: "again" };
    const answer = await manager.post(SECRETS, body);
    const event = expectRefused(answer, 400, "conflict");
    expect(answer.body.errors[0].message).toContain("already exists");
    expect(event).toMatchObject({
      action: "secrets-manager.secret.create",
      severity: "warning",
      reason: { reasonCode: 409, reasonType: "Conflict" },
      requestData: { name: "db", secretType: "arbitrary" },
    });
  });

  it("takes no group away that still has secrets", async () => {
    const answer = await manager.delete(`/api/v2/secret_groups/${groupId}`);
    expectRefused(answer, 400, "conflict");
  });

  it("for a version that is locked is a 412 with IBM's sentence", async () => {
    const body = { name: "in-use", secret_type: "arbitrary", payload: "v1" };
    const id = String((await manager.post(SECRETS, body)).body.id);
    const locks = { locks: [{ name: "app-1" }] };
    await manager.post(`${SECRETS}/${id}/locks_bulk`, locks);
    for (const url of [`${SECRETS}/${id}`, `${SECRETS}/${id}/versions/current/secret_data`]) {
      const answer = await manager.delete(url);
      const event = expectRefused(answer, 412, "locked");
      expect(answer.body.errors[0].message).toBe(LOCKED);
      expect(event).toMatchObject({
        severity: "warning",
        reason: { reasonCode: 412, reasonType: "Precondition Failed" },
        target: { name: "in-use" },
      });
    }
    // A new version takes the lock along to `previous`; the one after it would have to destroy that.
    const next = { payload: "v2" };
    expect((await manager.post(`${SECRETS}/${id}/versions`, next)).status).toBe(201);
    expectRefused(await manager.post(`${SECRETS}/${id}/versions`, next), 412, "locked");
    await manager.delete(`${SECRETS}/${id}/locks_bulk`);
    expect((await manager.delete(`${SECRETS}/${id}`)).status).toBe(204);
  });

  it.each([
    ["GET", `${SECRETS}/not-a-uuid`],
    ["GET", `${SECRETS}/not-a-uuid/metadata`],
    ["GET", "/api/v2/secret_groups/not-a-uuid"],
    ["GET", "/api/v2/secret_groups/default/secret_types/imported_cert/secrets/x"],
    ["GET", `${SECRETS}?limit=0`],
    ["GET", `${SECRETS}?limit=1001`],
    ["GET", `${SECRETS}?limit=ten`],
    ["GET", `${SECRETS}?offset=-1`],
    ["GET", `${SECRETS}?sort=payload`],
    ["GET", `${SECRETS}?search=a`],
    ["GET", `${SECRETS}?labels=dev`],
    ["GET", `${SECRETS}?groups=default,team-a`],
    ["GET", "/api/v2/secret_groups/default/secret_types/arbitrary/secrets/a%20b"],
    ["GET", "/api/v2/secret_groups/a%2fb/secret_types/arbitrary/secrets/db"],
    ["DELETE", `${SECRETS}/${NOBODY}/locks_bulk?name=a%20b`],
    ["GET", `${SECRETS}?secret_types=passwords`],
    ["GET", `${SECRETS}?sort=name&sort=id`],
    ["GET", "/api/v2/secrets_locks?sort=name"],
  ] as const)("for what cannot be meant is a 400: %s %s", async (method, url) => {
    const event = expectRefused(await manager.call({ method, url }), 400, "bad_request");
    expect(event).toMatchObject({ reason: { reasonCode: 400, reasonType: "Bad Request" } });
  });

  it.each([
    ["PUT", SECRETS],
    ["GET", "/api/v2"],
    ["GET", "/api/v2/nothing"],
    ["DELETE", SECRETS],
  ] as const)("has a form for what no line of the table fits: %s %s", async (method, url) => {
    expectRefused(await manager.call({ method, url }), 404, "not_found");
  });
});

describe("a service that cannot do its work", () => {
  it("answers 503 and does nothing when the trail cannot be written, and goes on when it can", async () => {
    const before = app.events().length;
    app.test.log.status = "refusing";
    const body = { name: "never-made", secret_type: "arbitrary", payload: "x" };
    const answer = await manager.post(SECRETS, body);
    app.test.log.status = "open";
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(answer.headers).not.toHaveProperty("keytrail-event");
    expect(answer.body).toEqual({
      errors: [
        { code: "service_unavailable", message: expect.stringContaining("cannot be recorded") },
      ],
      status_code: 503,
      trace: answer.headers["x-request-id"],
    });
    expect(app.events()).toHaveLength(before);
    expect((await manager.post(SECRETS, body)).status).toBe(201);
  });

  it("gives no secret out whose reading did not become durable", async () => {
    app.test.log.failNext = "before";
    const answer = await manager.get(`${SECRETS}/${secretId}`);
    expect([answer.status, "payload" in answer.body]).toEqual([503, false]);
    expect((await manager.get(`${SECRETS}/${secretId}`)).body.payload).toBe("v1");
  });

  it("says nothing of a bug but the request's id, and records that it failed", async () => {
    app.test.database.exec("ALTER TABLE secrets RENAME TO secrets_hidden");
    const answer = await manager.get(`${SECRETS}/${secretId}`);
    app.test.database.exec("ALTER TABLE secrets_hidden RENAME TO secrets");
    const requestId = answer.headers["x-request-id"];
    expect([answer.status, answer.body]).toEqual([
      500,
      {
        errors: [{ code: "internal_error", message: "Something went wrong inside the service." }],
        status_code: 500,
        trace: requestId,
      },
    ]);
    expect(app.events().at(-1)).toMatchObject({
      requestId,
      outcome: "failure",
      reason: { reasonCode: 500, reasonForFailure: "internal error" },
    });
    expect(app.logged.at(-1)).toMatchObject({ level: "error", requestId });
  });
});

describe("a sealed vault", () => {
  it("keeps values from being read or written, in so many words, and nothing else", async () => {
    const rootKeys = {
      name: "the environment",
      load: () => Promise.reject(new Error("not 32 bytes in base64")),
      save: null,
    };
    const sealed = await openIbmApp({ rootKeys });
    const user = await sealed.person("manager@example.com", ["Manager"]);
    const body = { name: "db", secret_type: "arbitrary", payload: "CANARY" };
    const answer = await user.post(SECRETS, body);
    expect([answer.status, answer.body.errors[0]]).toEqual([
      503,
      {
        code: "service_unavailable",
        message: "The vault is sealed: no secret value can be used.",
      },
    ]);
    expect(sealed.events().at(-1)).toMatchObject({
      action: "secrets-manager.secret.create",
      outcome: "failure",
      severity: "critical",
      reason: { reasonCode: 503, reasonType: "Service Unavailable" },
    });
    expect((await user.get(SECRETS)).status).toBe(200);
    expect((await user.post("/api/v2/secret_groups", { name: "team" })).status).toBe(201);
    await sealed.close();
  });
});

describe("hostile input", () => {
  const json = { "content-type": "application/json" };

  async function post(
    payload: string | Buffer,
    headers: Readonly<Record<string, string>> = json,
  ): Promise<IbmAnswer> {
    return manager.send({ method: "POST", url: SECRETS, payload, headers });
  }

  it("is bounded in size", async () => {
    const answer = await post(Buffer.alloc(MAX_BODY_BYTES + 1, 0x20));
    const event = expectRefused(answer, 413, "payload_too_large");
    expect(event).toMatchObject({ action: "secrets-manager.secret.create" });
  });

  it("is bounded in depth, however deep it goes", async () => {
    for (const depth of [33, 100_000]) {
      const nested = `{"name":${"[".repeat(depth)}${"]".repeat(depth)}}`;
      const answer = await post(nested);
      expectRefused(answer, 400, "bad_request");
      expect(answer.body.errors[0].message).toContain("nests deeper");
    }
  });

  it("is bounded in the number of values", async () => {
    const labels = `[${"1,".repeat(60_000)}1]`;
    const answer = await post(`{"name":"x","labels":${labels}}`);
    expectRefused(answer, 400, "bad_request");
    const many = Array.from({ length: 40_000 }, (_, i) => `label-${i}`);
    const body = { name: "many", secret_type: "arbitrary", payload: "x", labels: many };
    expectRefused(await manager.post(SECRETS, body), 400, "limit_reached");
  });

  it.each([
    ["not JSON", "{"],
    ["not an object", "[]"],
    ["nothing", ""],
    ["a text", '"x"'],
    ["not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ["a reserved key", '{"__proto__":{"admin":true}}'],
    ["a reserved key further in", '{"custom_metadata":{"__proto__":{"admin":true}}}'],
    ["a null byte in a name", '{"name":"a\\u0000b","secret_type":"arbitrary","payload":"x"}'],
    ["a line break in a name", '{"name":"a\\nb","secret_type":"arbitrary","payload":"x"}'],
    ["a path in a name", '{"name":"../../etc","secret_type":"arbitrary","payload":"x"}'],
    ["an empty value", '{"name":"empty","secret_type":"arbitrary","payload":""}'],
  ])("that is %s is a 400", async (_what, payload) => {
    expectRefused(await post(payload), 400, "bad_request");
  });

  it.each([
    ["application/x-www-form-urlencoded"],
    ["text/plain"],
    ["application/xml"],
    ["application/merge-patch+json"],
  ])("in another media type (%s) is a 415", async (type) => {
    const answer = await post('{"name":"x"}', { "content-type": type });
    expectRefused(answer, 415, "unsupported_media_type");
  });

  it("with a key given twice counts as its last, in the record as in the deed", async () => {
    const answer = await post(
      '{"name":"first-name","name":"second-name","secret_type":"arbitrary","payload":"x"}',
    );
    expect([answer.status, answer.body.name]).toEqual([201, "second-name"]);
    expect(app.events().at(-1)).toMatchObject({
      target: { name: "second-name" },
      requestData: { name: "second-name" },
    });
  });

  it.each([
    `${SECRETS}/..%2f..%2fetc%2fpasswd`,
    `${SECRETS}/%2e%2e%2f`,
    `${SECRETS}/..;/metadata`,
    `${SECRETS}/%00`,
    `${SECRETS}/${"a".repeat(1_000)}`,
    `${SECRETS}/${"%61".repeat(1_000)}`,
    `/api/v2/secret_groups/..%2f/secret_types/arbitrary/secrets/%00`,
  ])("in a path names nothing (%#)", async (url) => {
    const answer = await manager.get(url);
    expect([400, 404]).toContain(answer.status);
    const event = expectRefused(answer, answer.status, answer.body.errors[0].code);
    expect(event["target"]).toMatchObject({ id: app.instanceCrn });
    expect(JSON.stringify(event).length).toBeLessThan(4_000);
  });

  it.each([`${SECRETS}/${"a".repeat(5_000)}`, `${SECRETS}/%ff`, `${SECRETS}/%`])(
    "in a path that cannot be read is refused in IBM's form (%#)",
    async (url) => {
      const answer = await manager.get(url);
      expect([400, 404, 414]).toContain(answer.status);
      expectRefused(answer, answer.status, answer.body.errors[0].code);
    },
  );

  it("by many labels, names and attributes leaves events of bounded size", async () => {
    const locks = Array.from({ length: 1_000 }, (_, i) => ({
      name: `lock-${String(i).padStart(4, "0")}-${"x".repeat(200)}`,
      description: "d".repeat(500),
    }));
    const answer = await manager.post(`${SECRETS}/${secretId}/locks_bulk`, { locks });
    expect(answer.status).toBe(201);
    const [last] = app.lines().slice(-1);
    expect(last?.length).toBeLessThan(65_536);
    await manager.delete(`${SECRETS}/${secretId}/locks_bulk`);
  });

  it("that is not HTTP gets a line in plain JSON, and its event", async () => {
    const url = new URL(await app.listen());
    const before = app.events().length;
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname, () => socket.write("RUBBISH\r\n\r\n"));
      let received = "";
      socket.setEncoding("utf8");
      socket.on("data", (chunk) => (received += chunk));
      socket.on("close", () => resolve(received));
      socket.on("error", reject);
    });
    expect(text).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(app.events().slice(before)).toMatchObject([
      { action: "keytrail.request.reject", outcome: "failure" },
    ]);
  });
});
