/** Policy documents hold for every wire, at once, and for as long as what they speak of is so. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../../../app/documents/config.ts";
import { listPolicyDocuments } from "../../../app/documents/policy-documents.ts";
import { createAccount } from "../../../app/identity/create-account.ts";
import { createAccessGroup } from "../../../app/groups/access-groups.ts";
import { addMembers } from "../../../app/groups/add-members.ts";
import { removeMember } from "../../../app/groups/remove-members.ts";
import { indexTrail } from "../../../app/trail/testing/indexed-trail.ts";
import { SCHEDULE } from "../../../app/testing/test-app.ts";
import { AwsServer, type AwsUser } from "../aws/testing/aws-server.ts";
import { DsvServer, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;
let bob: DsvUser;

let stopIndex: () => Promise<void>;

beforeEach(async () => {
  server = await DsvServer.open();
  stopIndex = await indexTrail(server.app);
  bob = await server.user("bob@example.com");
});
afterEach(async () => {
  await stopIndex();
  await server.close();
});

const BOB = { subjects: ["users:bob@example.com"] };

const document = (permissions: object, as?: DsvUser, path = "secrets") =>
  server.call("POST", "/config/policies/", {
    body: { path, policy: { permissionDocument: [permissions].flat() } },
    ...(as ? { as } : {}),
  });

const statusOf = async (path: string, as: DsvUser = bob) =>
  (await server.call("GET", path, { as })).status;

async function groupOf(name: string, ...members: readonly DsvUser[]): Promise<string> {
  const { app } = server.http;
  const { id } = await app.done(createAccessGroup, SCHEDULE, { name });
  const iamIds = members.map(({ user }) => ({ iam_id: user.iamId }));
  if (iamIds.length > 0) await app.done(addMembers, SCHEDULE, { id, members: iamIds });
  return id;
}

/** What the command line sends for `dsv policy create --path audit --actions list …`. */
const AUDIT_READERS = {
  path: "audit",
  policy: JSON.stringify({
    permissionDocument: [
      {
        actions: ["list"],
        conditions: {},
        description: "",
        effect: "allow",
        meta: null,
        resources: ["audit"],
        subjects: ["groups:audit-readers"],
      },
    ],
  }),
  serialization: "json",
};

describe("a policy document", () => {
  it("lets the members of audit-readers read the trail, and nobody else", async () => {
    const eve = await server.user("eve@example.com");
    const id = await groupOf("Audit-Readers", bob);
    expect(await statusOf("/audit")).toBe(403);
    const made = await server.call("POST", "/config/policies/", { body: AUDIT_READERS });
    expect(made.status).toBe(201);
    expect(await statusOf("/audit")).toBe(200);
    const refused = await server.call("GET", "/audit", { as: eve });
    expect(refused.body).toEqual({ code: 403, message: "Invalid permissions" });
    await server.http.app.done(removeMember, SCHEDULE, { id, iam_id: bob.user.iamId });
    expect(await statusOf("/audit")).toBe(403);
  });

  it("ends for a member when its membership does", async () => {
    const id = await groupOf("audit-readers");
    await server.call("POST", "/config/policies/", { body: AUDIT_READERS });
    const now = server.app.clock.now();
    await server.app.state.transact(({ groups }) =>
      groups.putMember({
        account: server.account,
        group: id,
        iamId: bob.user.iamId,
        kind: "user",
        rule: "ClaimRule-1",
        expiresAt: now + 60_000,
        createdAt: now,
        createdBy: "test",
      }),
    );
    expect(await statusOf("/audit")).toBe(200);
    server.app.clock.advance(60_000);
    expect(await statusOf("/audit")).toBe(403);
  });

  it("holds from one call to the next: changed, deleted, restored, rolled back", async () => {
    const at = "/config/policies/users";
    const list = { ...BOB, actions: ["list"] };
    await document(list, undefined, "users");
    expect(await statusOf("/users")).toBe(200);
    const denial = { policy: { permissionDocument: [{ ...list, effect: "deny" }] } };
    await server.call("PUT", at, { body: denial });
    expect(await statusOf("/users")).toBe(403);
    await server.call("PUT", `${at}/rollback/0`);
    expect(await statusOf("/users")).toBe(200);
    await server.call("DELETE", at);
    expect(await statusOf("/users")).toBe(403);
    await server.call("PUT", `${at}/restore`);
    expect(await statusOf("/users")).toBe(200);
    await server.call("DELETE", `${at}?force=true`);
    expect(await statusOf("/users")).toBe(403);
  });

  it("holds from some addresses only", async () => {
    const from = (cidr: string) => ({ remoteIP: { type: "CIDRCondition", options: { cidr } } });
    await document(
      { ...BOB, actions: ["list"], conditions: from("10.0.0.0/8") },
      undefined,
      "users",
    );
    expect(await statusOf("/users")).toBe(403);
    await document(
      { ...BOB, actions: ["list"], conditions: from("127.0.0.1") },
      undefined,
      "groups",
    );
    expect(await statusOf("/groups")).toBe(200);
  });

  it("speaks of a role to whoever acts as it", async () => {
    await document({ subjects: ["roles:<deployers|x>"], actions: ["list"] });
    await server.call("POST", "/roles/", { body: { name: "Deployers" } });
    await server.call("POST", "/roles/", { body: { name: "others" } });
    const alike = await server.call("POST", "/roles/", { body: { name: "DEPLOYERS" } });
    expect(alike.body).toMatchObject({ code: 400, message: /already exists/ });
    for (const [role, status] of [
      ["Deployers", 200],
      ["others", 403],
    ] as const) {
      const { body: client } = await server.call("POST", "/clients/", { body: { role } });
      const { clientId: client_id, clientSecret: client_secret } = client;
      const body = { grant_type: "client_credentials", client_id, client_secret };
      const { accessToken } = (await server.call("POST", "/token", { body, as: null })).body;
      expect([role, (await server.call("GET", "/secrets", { as: accessToken })).status]).toEqual([
        role,
        status,
      ]);
    }
  });

  it("speaks of an identity as it is called now", async () => {
    await document(
      { subjects: ["users:Robert@Example.com"], actions: ["list"] },
      undefined,
      "users",
    );
    expect(await statusOf("/users")).toBe(403);
    await server.app.state.transact(({ identity }) =>
      identity.putUser({ ...bob.user, email: "robert@example.com" }),
    );
    expect(await statusOf("/users")).toBe(200);
  });

  it("reaches no other account, whosever its owner is", async () => {
    const { app } = server.http;
    const everything = { subjects: ["<.*>"], actions: ["<.*>"], resources: ["<.*>"] };
    const body = { Config: { permissionDocument: [everything] }, Overwrite: true };
    expect((await server.call("PUT", "/config", { body })).status).toBe(201);
    expect(await statusOf("/config/policies")).toBe(200);
    const asked = { name: "elsewhere", region: "us-south" };
    const { id } = await app.done(createAccount, SCHEDULE, asked);
    const owner = await app.administrator();
    for (const caller of [bob.caller, owner]) {
      const call = app.call(caller, id);
      for (const operation of [readConfig, listPolicyDocuments]) {
        const input = { offset: 0, limit: 1 };
        const performed = await server.app.performer.perform<typeof input, never, object>(
          operation as never,
          call,
          () => input,
        );
        expect(performed).toMatchObject({ kind: "refused", refusal: { code: "forbidden" } });
      }
    }
  });
});

describe("whoever may write documents under a path", () => {
  const delegate = {
    ...BOB,
    actions: ["<create|read|update|delete>"],
    resources: ["config:policies:secrets:us-east", "config:policies:secrets:us-east:<.*>"],
  };

  beforeEach(async () => {
    expect((await document(delegate, undefined, "secrets:us-east")).status).toBe(201);
  });

  it("writes them there, and nowhere else", async () => {
    const given = { ...BOB, actions: ["<.*>"] };
    expect((await document(given, bob, "secrets:us-east:a")).status).toBe(201);
    for (const path of [
      "secrets",
      "secrets:us-eastern",
      "secrets:us-west",
      "home:users:eve",
      "config",
    ]) {
      expect([path, (await document(given, bob, path)).status]).toEqual([path, 403]);
    }
    for (const resources of [
      "<.*>",
      "secrets:<.*>",
      "config:policies:<.*>",
      "secrets:us-east<.*>",
    ]) {
      const refused = await document({ ...given, resources }, bob, "secrets:us-east:b");
      expect([resources, refused.status]).toEqual([resources, 400]);
    }
    const at = "/config/policies/secrets:us-east";
    const update = { policy: { permissionDocument: [{ ...given, resources: "config:<.*>" }] } };
    expect((await server.call("PUT", at, { body: update, as: bob })).status).toBe(400);
    expect((await server.call("PUT", "/config", { body: update, as: bob })).status).not.toBe(201);
  });

  it("hears of what is not there only under the path", async () => {
    expect(await statusOf("/config/policies/secrets:us-east:none")).toBe(404);
    expect(await statusOf("/config/policies/secrets:us-west:none")).toBe(403);
  });
});

describe("by other wires", () => {
  let aws: AwsServer;
  let ada: AwsUser;

  beforeEach(async () => {
    aws = await AwsServer.open();
    ada = await aws.user("ada@example.com", ["SecretsReader"]);
    await aws.secrets("CreateSecret", { Name: "us-east/db", SecretString: "s3cret" });
  });
  afterEach(() => aws.close());

  async function write(permissions: object): Promise<void> {
    const { accessToken } = await aws.http.app.login(aws.manager.key.value);
    const answer = await aws.http.server.inject({
      method: "POST",
      url: "/v1/config/policies/",
      headers: { authorization: accessToken.reveal(), "content-type": "application/json" },
      payload: JSON.stringify({ path: "secrets", policy: { permissionDocument: [permissions] } }),
    });
    expect(answer.statusCode).toBe(201);
  }

  const read = (as: AwsUser) => aws.secrets("GetSecretValue", { SecretId: "us-east/db" }, { as });

  it("whoever is denied is told so in the words of AWS, and the record says by what", async () => {
    expect((await read(ada)).status).toBe(200);
    await write({ subjects: ["users:ada@example.com"], effect: "deny", actions: ["read"] });
    const refused = await read(ada);
    expect(refused).toMatchObject({ status: 400, error: "AccessDeniedException" });
    expect(refused.body.message).toMatch(
      /is not authorized to perform: secretsmanager:GetSecretValue .* with an explicit deny in an identity-based policy/,
    );
    expect(refused.events).toMatchObject([
      { operation: "secret.read", outcome: "failure", reason: { cause: "denied-by-document" } },
    ]);
  });

  it("whoever is allowed needs no role", async () => {
    const eve = await aws.user("eve@example.com");
    expect((await read(eve)).error).toBe("AccessDeniedException");
    await write({
      subjects: ["users:eve@example.com"],
      actions: ["read"],
      resources: ["secrets:us-east:<.*>"],
    });
    expect((await read(eve)).body).toMatchObject({ SecretString: "s3cret" });
    const listed = await aws.secrets("ListSecrets", {}, { as: eve });
    expect(listed.error).toBe("AccessDeniedException");
  });

  it("a session for somebody else is kept within its own policy all the same", async () => {
    await write({ subjects: ["users:ada@example.com"], actions: ["<.*>"] });
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "secretsmanager:DescribeSecret", Resource: "*" }],
    });
    const members = { Name: "eve", Policy };
    const answer = await aws.aws("sts", "GetFederationToken", members, { as: ada });
    const one = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(answer.body)?.[1] ?? "";
    const session = {
      accessKeyId: one("AccessKeyId"),
      secretAccessKey: one("SecretAccessKey"),
      sessionToken: one("SessionToken"),
    };
    const as = { as: session };
    expect((await aws.secrets("DescribeSecret", { SecretId: "us-east/db" }, as)).status).toBe(200);
    const refused = await aws.secrets("GetSecretValue", { SecretId: "us-east/db" }, as);
    expect(refused.body.message).toMatch(/no session policy allows/);
  });
});
