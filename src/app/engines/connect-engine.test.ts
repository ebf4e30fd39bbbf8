/** What becomes of an engine's proof apart from its connection, and of what is heard of engines. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { ENGINE, type Engine } from "../../engines/engine.ts";
import { newNonce, proofOf, readKeyFile, type EngineKeyFile } from "../../engines/engine-key.ts";
import type { Item } from "../../items/item.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { IdentityApp, NOBODY } from "../identity/testing/identity-app.ts";
import { connectEngine, isStanding, keepHeartbeats } from "./connect-engine.ts";
import { createEngine, deleteEngine, readEngine } from "./engines.ts";
import { createPool } from "./pools.ts";

let app: IdentityApp;
let manager: Caller;
let key: EngineKeyFile;
let engine: Item<Engine>;
beforeEach(async () => {
  app = await IdentityApp.open();
  ({ caller: manager } = await app.user("manager@example.com", ["Manager"]));
  await app.done(createPool, manager, { name: "edge" });
  const made = await app.done(createEngine, manager, { name: "e1", poolName: "edge" });
  const file = readKeyFile(made.privateKey.reveal());
  if (!file) throw new Error("what is given out is read back");
  [key, engine] = [file, made.engine];
});
afterEach(() => app.close());

function attempt(account: string | undefined = engine.account, called = "e1") {
  const nonce = newNonce();
  const proof = new Sensitive(proofOf(key, nonce));
  return app.perform(connectEngine, NOBODY, { called, account, nonce, proof });
}

const kept = () =>
  app.parts.state.read(({ items }) => items.item(ENGINE, engine.account, engine.id));

it("is found by its name in its own account only, by its id from anywhere", async () => {
  expect((await attempt()).kind).toBe("done");
  expect((await attempt("f".repeat(32))).kind).toBe("refused");
  expect((await attempt("f".repeat(32), engine.id)).kind).toBe("done");
  expect((await attempt("f".repeat(32), engine.id.toUpperCase())).kind).toBe("done");
});

it("is let in only from where its account lets calls come from", async () => {
  const { identity } = await app.parts.state.read(async (view) => view);
  const settings = await identity.settings(engine.account);
  await app.parts.state.transact((tx) =>
    tx.identity.putSettings({ ...settings, allowedIpAddresses: ["198.51.100.0/24"] }),
  );
  const refused = await attempt();
  expect(refused).toMatchObject({ kind: "refused", refusal: { code: "forbidden" } });
  expect(app.parts.lastEvent()).toMatchObject({
    operation: "engine.connect",
    target: { name: "e1" },
    requestData: { name: "e1", fault: "address" },
  });
});

it("is kept with when it was last heard of, which is no new version", async () => {
  expect(await app.done(readEngine, manager, { name: "e1" })).toMatchObject({ heardAt: null });
  await attempt();
  const at = app.parts.clock.now();
  expect(await kept()).toMatchObject({ version: 0, content: { heardAt: at } });
  const before = app.parts.log.size;
  const { account } = engine;
  await keepHeartbeats(app.parts.state, [{ engine: engine.id, account, at: at + 5_000 }]);
  expect(await kept()).toMatchObject({ version: 0, content: { heardAt: at + 5_000 } });
  expect(app.parts.log.size).toBe(before);
});

it("does not come back by what was heard of it", async () => {
  await app.done(deleteEngine, manager, { name: "e1" });
  const { account } = engine;
  await keepHeartbeats(app.parts.state, [{ engine: engine.id, account, at: 1 }]);
  expect(await kept()).toBeUndefined();
  expect(await isStanding(engine, app.parts.state)).toBe(false);
  expect((await attempt()).kind).toBe("refused");
});
