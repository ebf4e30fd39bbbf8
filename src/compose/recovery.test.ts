import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IdentityApp } from "../app/identity/testing/identity-app.ts";
import { initialSettings } from "../identity/account-settings.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { openDataFolder, type DataFolder } from "./data-folder.ts";
import { recoverIfAsked, type Recovered } from "./recovery.ts";
import { requestRecovery } from "./recovery-request.ts";

const SERVER = { url: "http://127.0.0.1:8420", vkey: "log+key" };

let app: IdentityApp;
let folder: DataFolder;
let said: string[];

beforeEach(async () => {
  app = await IdentityApp.open();
  folder = openDataFolder(join(mkdtempSync(join(tmpdir(), "keytrail-recovery-")), "data"));
  // What tells a data folder from any other: the state, which here is in memory.
  writeFileSync(folder.state, "");
  said = [];
});
afterEach(async () => {
  await app.close();
  rmSync(join(folder.root, ".."), { recursive: true });
});

/** What a start does about it before it listens. */
const start = (host = "127.0.0.1"): Promise<Recovered | undefined> =>
  recoverIfAsked({ folder, core: app.parts, host, say: (line) => said.push(line) });

const handedOver = (): Sensitive<string> => {
  const file = JSON.parse(readFileSync(folder.bootstrap, "utf8")) as { api_key: string };
  return new Sensitive(file.api_key);
};

const recoveries = () =>
  app.parts.events().filter(({ operation }) => operation === "administrator.recover");

describe("a start", () => {
  it("does nothing where nobody asked", async () => {
    expect(await start()).toBeUndefined();
    expect(recoveries()).toEqual([]);
  });

  it("answers a request, hands the key over, and only then forgets the request", async () => {
    await requestRecovery(folder.root, undefined);
    const recovered = await start();
    expect([existsSync(folder.recovery), existsSync(folder.bootstrap)]).toEqual([true, false]);
    await recovered?.handOver(SERVER);
    expect([existsSync(folder.recovery), existsSync(folder.bootstrap)]).toEqual([false, true]);
    expect((await app.login(handedOver())).expiresInS).toBe(3_600);
    expect(said).toEqual([expect.stringContaining("RECOVERED: admin@keytrail.local")]);
    expect(said.join("")).not.toContain(handedOver().reveal());
  });

  it("that ended before the hand-over is made good by the next, with one key in the end", async () => {
    await requestRecovery(folder.root, "ada@example.com");
    for (let crash = 0; crash < 3; crash++) await start();
    // Asked once more meanwhile, it is still the same request.
    await requestRecovery(folder.root, "ada@example.com");
    await (await start())?.handOver(SERVER);
    expect(recoveries()).toHaveLength(4);
    const { id: account } = app.first.account;
    const { user, keys } = await app.parts.state.read(async ({ identity }) => {
      const found = await identity.userByEmail(account, "ada@example.com");
      const all = { offset: 0, limit: 10 };
      return { user: found, keys: await identity.apiKeys(account, found?.iamId, all) };
    });
    expect([user?.state, keys.totalCount]).toEqual(["active", 1]);
    expect((await app.login(handedOver())).apikeyId).toBe(keys.items[0]?.id);
    expect(await start()).toBeUndefined();
  });

  it("lets in the address that it listens on, where the account lets in only some", async () => {
    const { id: account } = app.first.account;
    const settings = { ...initialSettings(account, 0), allowedIpAddresses: ["10.0.0.0/8"] };
    await app.parts.state.transact(({ identity }) => identity.putSettings(settings));
    await requestRecovery(folder.root, undefined);
    for (const host of ["0.0.0.0", "::", "localhost", "192.0.2.80"]) await start(host);
    const after = await app.parts.state.read(({ identity }) => identity.settings(account));
    expect(after.allowedIpAddresses).toEqual(["10.0.0.0/8", "127.0.0.1", "::1", "192.0.2.80"]);
  });

  it("says, records and forgets a request that it has to refuse", async () => {
    await requestRecovery(folder.root, "a@b\u0007c");
    expect(await start()).toBeUndefined();
    expect(said).toEqual([expect.stringContaining("No administrator was recovered")]);
    expect(existsSync(folder.recovery)).toBe(false);
    expect(recoveries()).toMatchObject([{ outcome: "failure", requestData: {} }]);
  });

  it("goes no further over a request that somebody else may have written", async () => {
    await requestRecovery(folder.root, "ada@example.com");
    chmodSync(folder.recovery, 0o620);
    await expect(start()).rejects.toThrow("may have been written by somebody else");
    chmodSync(folder.recovery, 0o600);
    const elsewhere = join(folder.root, "..", "elsewhere.json");
    renameSync(folder.recovery, elsewhere);
    symlinkSync(elsewhere, folder.recovery);
    await expect(start()).rejects.toThrow("cannot be read");
    expect(recoveries()).toEqual([]);
  });

  it("goes no further over a file that is no request", async () => {
    for (const text of ["", "{}", "hunter2", '{"request":"x","requestedAt":"now"}']) {
      writeFileSync(folder.recovery, text);
      await expect(start()).rejects.toThrow("is no request");
    }
    expect(recoveries()).toEqual([]);
  });
});
