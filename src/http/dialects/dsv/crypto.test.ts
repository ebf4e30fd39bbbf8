import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RECOVERY_MS } from "../../../items/item.ts";
import { removalJob } from "../../../app/items/end-removal.ts";
import { DsvServer } from "./testing/dsv-server.ts";

const PLAINTEXT = "the plain text that nobody is to see";
let server: DsvServer;

beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

async function encrypted(path: string, plaintext = PLAINTEXT): Promise<string> {
  const { status, body } = await server.call("POST", "/crypto/encrypt", {
    body: { path, plaintext },
  });
  expect(status).toBe(200);
  return body.ciphertext as string;
}

describe("keys that are made here", () => {
  it("are made, read, deleted, restored, and each of it is recorded as DSV records it", async () => {
    const made = await server.call("POST", "/crypto/key/mykeys/key1");
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ path: "mykeys:key1", version: "0" });
    expect(made.body.createdBy).toBe("users:admin@example.com");
    expect(made.record).toMatchObject({
      path: "crypto:key:mykeys:key1",
      action: "POST",
      status: 201,
    });
    const read = await server.call("GET", "/crypto/key/mykeys:key1");
    expect(read).toMatchObject({ status: 200, body: made.body });
    expect(read.record).toMatchObject({
      path: "crypto:key:mykeys:key1",
      action: "GET",
      status: 200,
    });
    const deleted = await server.call("DELETE", "/crypto/key/mykeys/key1?force=false");
    expect(deleted).toMatchObject({ status: 204, body: null });
    expect(deleted.record).toMatchObject({
      path: "crypto:key:mykeys:key1",
      action: "DELETE",
      status: 204,
    });
    for (const method of ["PUT", "GET"] as const) {
      const restored = await server.call(method, "/crypto/key/mykeys/key1/restore");
      expect(restored).toMatchObject({ status: 204, body: null });
      expect(restored.record).toMatchObject({
        path: "crypto:key:mykeys:key1:restore",
        action: "PUT",
        status: 204,
      });
      await server.call("DELETE", "/crypto/key/mykeys/key1");
    }
  });

  it("are found by IBM's and AWS's names for what was done", async () => {
    const [created] = (await server.call("POST", "/crypto/key/k")).events;
    expect(created).toMatchObject({ action: "kms.secrets.create", target: { name: "k" } });
    await encrypted("k");
    expect(server.app.lastEvent()).toMatchObject({ action: "kms.secrets.wrap", dataEvent: true });
  });

  it("are refused at a path that is taken, none, or no path", async () => {
    await server.call("POST", "/crypto/key/k");
    const again = await server.call("POST", "/crypto/key/k");
    expect(again).toMatchObject({ status: 400, body: { code: 400 } });
    expect(again.body.message).toContain("already exists");
    expect(again.record).toMatchObject({ path: "crypto:key:k", status: 400 });
    const missing = await server.call("GET", "/crypto/key/other");
    expect(missing).toMatchObject({
      status: 404,
      body: { code: 404, message: "unable to find item with specified identifier" },
    });
    expect(missing.record).toMatchObject({ path: "crypto:key:other", status: 404 });
    expect((await server.call("POST", "/crypto/key/a%20b")).status).toBe(400);
    expect((await server.call("POST", "/crypto/key/a/---")).status).toBe(400);
  });

  it("encrypt and decrypt nothing while they are deleted, and the same again once restored", async () => {
    await server.call("POST", "/crypto/key/k");
    const ciphertext = await encrypted("k");
    await server.call("DELETE", "/crypto/key/k");
    for (const [act, body] of [
      ["encrypt", { path: "k", plaintext: PLAINTEXT }],
      ["decrypt", { path: "k", ciphertext }],
      ["rotate", { path: "k", ciphertext, startingVersion: "0" }],
    ] as const) {
      const { status, body: answer } = await server.call("POST", `/crypto/${act}`, { body });
      expect(status).toBe(404);
      expect(answer.message).toContain("marked for deletion");
    }
    expect((await server.call("POST", "/crypto/key/k")).status).toBe(400);
    await server.call("PUT", "/crypto/key/k/restore");
    const back = await server.call("POST", "/crypto/decrypt", { body: { path: "k", ciphertext } });
    expect(back.body.data).toBe(PLAINTEXT);
    expect((await server.call("PUT", "/crypto/key/k/restore")).status).toBe(400);
  });

  it.each([
    ["by force", async () => server.call("DELETE", "/crypto/key/k?force=true")],
    [
      "by force once they wait for it",
      async () => {
        await server.call("DELETE", "/crypto/key/k");
        await server.call("DELETE", "/crypto/key/k?force=true");
      },
    ],
    [
      "when 72 hours are over",
      async () => {
        await server.call("DELETE", "/crypto/key/k");
        server.app.clock.advance(RECOVERY_MS);
        for (const due of await removalJob(server.app).due(server.app.clock.now(), 10)) {
          await due.run();
        }
      },
    ],
  ])("take their material with them %s", async (_how, remove) => {
    await server.call("POST", "/crypto/key/k");
    const ciphertext = await encrypted("k");
    await server.call("POST", "/crypto/rotate", { body: { path: "k", ciphertext } });
    const before = server.app.database.all("SELECT owner FROM data_keys").length;
    await remove();
    expect(server.app.database.all("SELECT owner FROM data_keys").length).toBe(before - 2);
    // Tokens do not last for three days.
    const as = await server.user("ada@example.com", ["Manager"]);
    expect((await server.call("PUT", "/crypto/key/k/restore", { as })).status).toBe(404);
    await server.call("POST", "/crypto/key/k", { as });
    const body = { path: "k", ciphertext };
    expect((await server.call("POST", "/crypto/decrypt", { body, as })).status).toBe(400);
  });
});

describe("data", () => {
  beforeEach(() => server.call("POST", "/crypto/key/mykeys/key1"));

  it("comes back as it was, whatever the case of the fields and wherever they stand", async () => {
    const text = "grüße \u{1f600} \0 end";
    const sent = { Path: "mykeys:key1", Plaintext: text, Version: "" };
    const { status, body, record, events } = await server.call("POST", "/crypto/encrypt", {
      body: sent,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ path: "mykeys:key1", version: "0" });
    expect(record).toMatchObject({ path: "crypto:encrypt", action: "POST", status: 200 });
    expect(events[0]?.target.name).toBe("mykeys/key1");
    const decrypted = await server.call("POST", "/crypto/decrypt", { body });
    expect(decrypted).toMatchObject({
      status: 200,
      body: { data: text, path: "mykeys:key1", version: "0" },
      record: { path: "crypto:decrypt", action: "POST", status: 200 },
    });
    const asQuery = new URLSearchParams({ path: "mykeys/key1", plaintext: "hello", version: "0" });
    const queried = await server.call("POST", `/crypto/encrypt?${asQuery.toString()}`);
    expect(queried.status).toBe(200);
    const form = new URLSearchParams({ path: "mykeys/key1", ciphertext: queried.body.ciphertext });
    const formed = await server.call("POST", "/crypto/decrypt", { body: form.toString() });
    expect(formed.body.data).toBe("hello");
    // As clients write it that do not know what a plus sign is in a query.
    const bare = `/crypto/decrypt?path=mykeys/key1&ciphertext=${queried.body.ciphertext}`;
    expect((await server.call("POST", bare)).body.data).toBe("hello");
  });

  it("is never encrypted to the same twice", async () => {
    expect(await encrypted("mykeys/key1")).not.toBe(await encrypted("mykeys/key1"));
  });

  it("decrypts by no other key, altered nowhere, and by no other version, all in the same words", async () => {
    await server.call("POST", "/crypto/key/other");
    const ciphertext = await encrypted("mykeys/key1");
    const bytes = Buffer.from(ciphertext, "base64");
    const altered = Array.from(bytes, (byte, at) => {
      const copy = Buffer.from(bytes);
      copy[at] = byte ^ 0x10;
      return { path: "mykeys/key1", ciphertext: copy.toString("base64") };
    });
    const wrong = [
      { path: "other", ciphertext },
      { path: "mykeys/key1", ciphertext, version: "1" },
      { path: "mykeys/key1", ciphertext: `${ciphertext.slice(0, -4)}!!!!` },
      { path: "mykeys/key1", ciphertext: "abc" },
      ...altered,
    ];
    for (const body of wrong) {
      const answered = await server.call("POST", "/crypto/decrypt", { body });
      const message = "The data does not decrypt with this key.";
      expect(answered).toMatchObject({ status: 400, body: { code: 400, message } });
      expect(answered.record).toMatchObject({ path: "crypto:decrypt", status: 400, message });
    }
  });

  it("is rotated with its key, or after it", async () => {
    const first = await encrypted("mykeys/key1");
    const rotate = (body: object) =>
      server.call("POST", "/crypto/rotate", { body: { path: "mykeys/key1", ...body } });
    const rotated = await rotate({ ciphertext: first, startingVersion: "0", endingVersion: "" });
    expect(rotated).toMatchObject({
      status: 201,
      body: { path: "mykeys:key1", version: "1", startingVersion: "0", endingVersion: "1" },
      record: { path: "crypto:rotate", action: "POST", status: 201 },
    });
    expect(rotated.events[0]?.responseData).toMatchObject({ keyRotated: true });
    expect((await server.call("GET", "/crypto/key/mykeys/key1")).body.version).toBe("1");
    const other = await rotate({ ciphertext: first, startingVersion: "0" });
    expect(other.body.version).toBe("1");
    expect(other.events[0]?.responseData).toMatchObject({ keyRotated: false });
    await rotate({ ciphertext: other.body.ciphertext, startingVersion: "1" });
    const between = await rotate({ ciphertext: first, startingVersion: "0", endingVersion: "1" });
    expect(between.body.version).toBe("1");
    for (const { body } of [
      rotated,
      other,
      between,
      { body: { path: "mykeys/key1", ciphertext: first } },
    ]) {
      const decrypted = await server.call("POST", "/crypto/decrypt", {
        body: { path: body.path, ciphertext: body.ciphertext },
      });
      expect(decrypted.body.data).toBe(PLAINTEXT);
    }
    for (const versions of [
      { startingVersion: "1" },
      { startingVersion: "0", endingVersion: "0" },
      { startingVersion: "0", endingVersion: "3" },
    ]) {
      expect((await rotate({ ciphertext: first, ...versions })).status).toBe(400);
    }
    expect((await server.call("GET", "/crypto/key/mykeys/key1")).body.version).toBe("2");
  });

  it("is encrypted by an earlier version if that is asked for, and by none that there is not", async () => {
    const ciphertext = await encrypted("mykeys/key1");
    await server.call("POST", "/crypto/rotate", { body: { path: "mykeys/key1", ciphertext } });
    const by = (version: string) =>
      server.call("POST", "/crypto/encrypt", {
        body: { path: "mykeys/key1", plaintext: PLAINTEXT, version },
      });
    expect((await by("0")).body.version).toBe("0");
    expect((await by("2")).status).toBe(400);
    expect((await by("x")).status).toBe(400);
  });

  it("has 2 MB at most", async () => {
    const of = (length: number) => ({ path: "mykeys/key1", plaintext: "x".repeat(length) });
    const most = await server.call("POST", "/crypto/encrypt", { body: of(2 * 1_024 * 1_024) });
    expect(most.status).toBe(200);
    const back = await server.call("POST", "/crypto/decrypt", { body: most.body });
    expect(back.body.data.length).toBe(2 * 1_024 * 1_024);
    const more = await server.call("POST", "/crypto/encrypt", { body: of(2 * 1_024 * 1_024 + 1) });
    expect(more).toMatchObject({ status: 413, record: { path: "crypto:encrypt", status: 413 } });
  });

  it("stands in no event, and neither does what it becomes", async () => {
    const ciphertext = await encrypted("mykeys/key1");
    await server.call("POST", "/crypto/decrypt", { body: { path: "mykeys/key1", ciphertext } });
    await server.call("POST", "/crypto/rotate", { body: { path: "mykeys/key1", ciphertext } });
    await server.call("POST", "/crypto/encrypt", {
      body: { path: PLAINTEXT, plaintext: PLAINTEXT },
    });
    await server.call("POST", "/crypto/encrypt", {
      body: { path: "mykeys/key1", [PLAINTEXT]: "x" },
    });
    const all = JSON.stringify(server.app.events());
    expect(all).not.toContain(PLAINTEXT);
    expect(all).not.toContain(ciphertext.slice(60, 90));
  });
});

describe("keys that were brought", () => {
  const privateKey = randomBytes(32).toString("base64");
  const upload = (body: object = {}, path = "mine/k") =>
    server.call("POST", `/crypto/manual/key/${path}`, {
      body: { Scheme: "symmetric", PrivateKey: privateKey, Nonce: "", Metadata: null, ...body },
    });

  it("are uploaded, updated, deleted and restored, and never shown", async () => {
    const made = await upload({ metadata: { team: "pay" } });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      path: "mine:k",
      version: "0",
      data: { scheme: "symmetric", metadata: { team: "pay" } },
    });
    expect(made.record).toMatchObject({
      path: "crypto:manual:key:mine:k",
      action: "POST",
      status: 201,
    });
    const ciphertext = (
      await server.call("POST", "/crypto/manual/encrypt", {
        body: { path: "mine/k", plaintext: PLAINTEXT },
      })
    ).body.ciphertext as string;
    const next = randomBytes(32).toString("base64");
    const updated = await server.call("PUT", "/crypto/manual/key/mine/k", {
      body: { scheme: "", privateKey: next, nonce: "", metadata: null },
    });
    expect(updated).toMatchObject({
      status: 200,
      body: { version: "1", data: { metadata: { team: "pay" } } },
    });
    const read = await server.call("GET", "/crypto/manual/key/mine/k");
    expect(read).toMatchObject({
      status: 200,
      record: { path: "crypto:manual:key:mine:k", action: "GET" },
    });
    const decrypted = await server.call("POST", "/crypto/manual/decrypt", {
      body: { path: "mine/k", ciphertext },
    });
    expect(decrypted.body).toMatchObject({ data: PLAINTEXT, version: "0" });
    expect((await server.call("DELETE", "/crypto/manual/key/mine/k")).status).toBe(204);
    expect((await server.call("PUT", "/crypto/manual/key/mine/k/restore")).status).toBe(204);
    const said = [made, updated, read].map(({ text }) => text).join("");
    for (const key of [privateKey, next]) {
      expect(said).not.toContain(key);
      expect(JSON.stringify(server.app.events())).not.toContain(key);
    }
  });

  it("are refused if they are no keys, and their path is no other key's", async () => {
    const short = randomBytes(16).toString("base64");
    for (const body of [
      { PrivateKey: short },
      { PrivateKey: "no Base64" },
      { PrivateKey: "" },
      { Scheme: "rsa" },
      { Nonce: "?" },
      { Metadata: { big: "x".repeat(20_000) } },
    ]) {
      const { status, body: answer, events } = await upload(body);
      expect(status).toBe(400);
      expect(answer.errors).toBeDefined();
      expect(JSON.stringify(events)).not.toContain(short);
    }
    await upload();
    expect((await upload()).status).toBe(400);
    expect((await server.call("POST", "/crypto/key/mine/k")).status).toBe(400);
    expect((await server.call("GET", "/crypto/key/mine/k")).status).toBe(404);
  });

  it("decrypt nothing of each other's, be they the same under two paths", async () => {
    await upload();
    await upload({}, "mine/copy");
    const { body } = await server.call("POST", "/crypto/manual/encrypt", {
      body: { path: "mine/k", plaintext: PLAINTEXT },
    });
    const asked = { path: "mine/copy", ciphertext: body.ciphertext };
    const { status } = await server.call("POST", "/crypto/manual/decrypt", { body: asked });
    expect(status).toBe(400);
  });

  it("get no version that nobody brought", async () => {
    await upload();
    const { body } = await server.call("POST", "/crypto/encrypt", {
      body: { path: "mine/k", plaintext: PLAINTEXT },
    });
    const rotated = await server.call("POST", "/crypto/rotate", {
      body: { path: "mine/k", ciphertext: body.ciphertext },
    });
    expect(rotated.status).toBe(400);
    expect((await server.call("GET", "/crypto/manual/key/mine/k")).body.version).toBe("0");
  });
});
