/** The vaults that identities have for themselves. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deleteInstance } from "../../../app/instances/delete-instance.ts";
import { listInstances, readInstance } from "../../../app/instances/read-instances.ts";
import { SCHEDULE } from "../../../app/testing/test-app.ts";
import { renderDsv } from "../../../audit/render/dsv.ts";
import { instancePlace } from "../../../identity/account.ts";
import { AwsServer } from "../aws/testing/aws-server.ts";
import { DsvServer, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;
let bob: DsvUser;

beforeEach(async () => {
  server = await DsvServer.open();
  bob = await server.user("bob@example.com");
});
afterEach(() => server.close());

const home = "/home/users:bob@example.com";
const body = { data: { pin: "1234" } };

const made = () => server.call("POST", `${home}//db/main`, { as: bob, body });
const homeOf = () =>
  server.app.state.read(({ identity }) => identity.homeOf(server.account, bob.user.iamId));

describe("a home", () => {
  it("comes to be with its first secret, and needs no policy", async () => {
    const empty = await server.call("GET", home, { as: bob });
    expect([empty.status, empty.body.data]).toEqual([200, []]);
    const { status, body: answer, record, events } = await made();
    expect(status).toBe(201);
    expect(answer).toMatchObject({ path: "users:bob@example.com:db:main", data: body.data });
    expect(record).toMatchObject({
      path: "home:users:bob@example.com:db:main",
      action: "POST",
      status: 201,
      principal: "users:bob@example.com",
    });
    expect(events.map(({ operation }) => operation)).toEqual(["secret.create", "instance.create"]);
    const second = await server.call("POST", `${home}/other`, { as: bob, body });
    expect(second.events.map(({ operation }) => operation)).toEqual(["secret.create"]);
  });

  it("has all that the vault has", async () => {
    const { id } = (await made()).body;
    const at = `${home}/db:main`;
    const path = "home:users:bob@example.com:db:main";
    const call = async (method: "GET" | "PUT" | "DELETE", url: string, given?: object) => {
      const options = given ? { as: bob, body: given } : { as: bob };
      const { status, record } = await server.call(method, url, options);
      return [status, record?.path];
    };
    expect(await call("GET", at)).toEqual([200, path]);
    expect(await call("GET", `${home}/${id}`)).toEqual([200, path]);
    expect(await call("GET", `${at}::description`)).toEqual([200, `${path}::description`]);
    expect(await call("PUT", at, { data: { pin: "5678" } })).toEqual([200, path]);
    expect(await call("GET", `${at}/version/0`)).toEqual([200, `${path}:version:0`]);
    expect(await call("PUT", `${at}/rollback/0`)).toEqual([200, `${path}:rollback:0`]);
    expect(await call("GET", home)).toEqual([200, "home:users:bob@example.com"]);
    expect(await call("GET", `${home.replace("home", "hom%65")}/db:main`)).toEqual([200, path]);
    expect(await call("GET", `${home}/none`)).toEqual([404, "home:users:bob@example.com:none"]);
    const listed = await server.call("GET", `${home}/db::listpaths`, { as: bob });
    expect(listed.body).toEqual({ data: ["users:bob@example.com:db:main"] });
    expect(await call("DELETE", at)).toEqual([200, path]);
    expect(await call("GET", `${at}/restore`)).toEqual([200, `${path}:restore`]);
    expect(await call("DELETE", `${at}?force=true`)).toEqual([204, path]);
    expect(await call("GET", at)).toEqual([404, path]);
  });

  it("is closed to everybody else, administrators too, unless a policy opens it", async () => {
    await made();
    for (const url of [`${home}/db/main`, `${home}/none`, home, "/home/users:nobody/x"]) {
      const { status, body: refusal, record } = await server.call("GET", url);
      expect([url, status, refusal.message]).toEqual([url, 403, "Invalid permissions"]);
      expect(record?.path).toMatch(/^home:users:/);
    }
    expect((await server.call("POST", `${home}/gift`, { body })).status).toBe(403);
    const policy = JSON.stringify({
      permissionDocument: [
        {
          subjects: ["users:admin@example.com"],
          actions: ["read"],
          resources: ["home:users:bob@example.com:db:<.*>"],
        },
      ],
    });
    const path = "home:users:bob@example.com";
    const opened = await server.call("POST", "/config/policies", {
      body: { path, policy, serialization: "json" },
    });
    expect(opened.status).toBe(201);
    expect((await server.call("GET", `${home}/db/main`)).body.data).toEqual(body.data);
    expect((await server.call("PUT", `${home}/db/main`, { body })).status).toBe(403);
  });

  it("is out of the other wires' way", async () => {
    const { id } = (await made()).body;
    const aws = await AwsServer.over(server.http);
    const region = (await homeOf())?.region ?? "";
    const called = await aws.secrets("GetSecretValue", { SecretId: "db/main" }, { region });
    expect(called.error).toBe("ResourceNotFoundException");
    const authorization = `Bearer ${server.admin.token}`;
    const ibm = (url: string) => server.http.send({ method: "GET", url, authorization });
    expect((await ibm(`/api/v2/secrets/${id}`)).status).toBe(404);
    expect((await ibm("/api/v2/secrets")).body.total_count).toBe(0);
    const { app } = server.http;
    expect((await app.done(listInstances, SCHEDULE, {})).instances).toHaveLength(1);
    const homeId = (await homeOf())?.id ?? "";
    expect(homeId).not.toBe("");
    expect(await app.refused(deleteInstance, SCHEDULE, { id: homeId })).toBe(
      "not_found: There is no such instance.",
    );
    expect((await server.call("GET", `/secrets/${id}`)).status).toBe(404);
  });

  it("makes its owner a manager of nothing else", async () => {
    await made();
    const instance = await homeOf();
    if (!instance) throw new Error("the home has come to be");
    const { performer } = server.app;
    const call = server.http.app.call(bob.caller);
    const atHome = { ...call, place: instancePlace(instance) };
    const listed = await performer.perform(listInstances, atHome, () => ({}));
    expect(listed).not.toMatchObject({ output: { totalCount: 1 } });
    const [first] = await server.app.state.read(({ identity }) =>
      identity.instances(server.account),
    );
    const read = await performer.perform(readInstance, atHome, () => ({ id: first?.id ?? "" }));
    expect(read).toMatchObject({ kind: "refused" });
  });

  it("stays whose it is under another name", async () => {
    await made();
    const aws = await AwsServer.over(server.http);
    const names = { UserName: "bob@example.com", NewUserName: "robert@example.com" };
    expect((await aws.aws("iam", "UpdateUser", names)).status).toBe(200);
    const at = "/home/users:robert@example.com/db/main";
    const read = await server.call("GET", at, { as: bob });
    expect(read.body).toMatchObject({ path: "users:robert@example.com:db:main", data: body.data });
    expect((await homeOf())?.home?.principal).toBe("users:robert@example.com");
    expect((await server.call("GET", `${home}/db/main`, { as: bob })).status).toBe(403);
  });

  it("goes for good with its owner, each secret with an event of its own", async () => {
    await made();
    await server.call("POST", `${home}/old`, { as: bob, body });
    await server.call("DELETE", `${home}/old`, { as: bob });
    const aside = await server.call("DELETE", "/users/bob@example.com");
    expect(aside.status).toBe(200);
    expect(await homeOf()).toBeDefined();
    const { events } = await server.call("DELETE", "/users/bob@example.com?force=true");
    const records = events
      .map((event) => renderDsv(event))
      .map(({ path, action }) => [action, path]);
    expect(records).toContainEqual(["DELETE", "home:users:bob@example.com:db:main"]);
    expect(records).toContainEqual(["DELETE", "home:users:bob@example.com:old"]);
    expect(await homeOf()).toBeUndefined();
  });

  it("is there again for an owner who is had back", async () => {
    await made();
    await server.call("DELETE", "/users/bob@example.com");
    expect((await server.call("PUT", "/users/bob@example.com/restore")).status).toBeLessThan(300);
    const kept = await homeOf();
    expect(kept).toBeDefined();
    expect(
      await server.app.state.read(({ secrets }) =>
        secrets.secretsCalled({ account: server.account, instance: kept?.id ?? "" }, "db/main"),
      ),
    ).toHaveLength(1);
  });
});
