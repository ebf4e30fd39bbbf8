import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startHook } from "../../test/support/rotation-hook.ts";
import { ConfigError, readServeConfig } from "../config.ts";
import { ManualClock } from "../kernel/clock.ts";
import { openRotators } from "./rotators.ts";
import { tlsMaterial } from "./tls.ts";

const clock = new ManualClock(Date.now());
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-rotators-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const opened = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  openRotators(readServeConfig(args, env), clock);

describe("the rotators of a configuration", () => {
  it("are called by TLS that the certificates of its file vouch for, and signed", async () => {
    const tls = await tlsMaterial({ kind: "self-signed" }, folder, clock);
    if (!tls) throw new Error("a certificate is made");
    const hook = await startHook({ cert: tls.certificate, key: tls.key }, async () => undefined);
    hook.next = () => 204;
    const named = ["--rotation-hook", `mine=${hook.url}`];
    const step = {
      step: "testSecret",
      place: { account: "a", region: "us-east-1", instance: "i" },
      secret: { id: "s", name: "db" },
      token: "t",
    } as const;
    try {
      const stranger = opened(named).find("mine");
      if (stranger?.kind !== "hook") throw new Error("it is a hook");
      await expect(stranger.take(step)).rejects.toThrow("The rotator could not be reached.");
      expect(hook.calls).toEqual([]);
      const trusted = [...named, "--rotation-ca", join(folder, "tls.crt")];
      const found = opened(trusted, { KEYTRAIL_ROTATION_SECRET: SECRET }).find("mine");
      if (found?.kind !== "hook") throw new Error("it is a hook");
      await found.take(step);
      expect(hook.calls).toMatchObject([{ Step: "testSecret", ClientRequestToken: "t" }]);
      expect(hook.headers()["webhook-signature"]).toMatch(/^v1,/);
    } finally {
      await hook.close();
    }
  });

  it("are refused for a key that cannot sign, and a file that is no certificates", () => {
    expect(() => opened([], { KEYTRAIL_ROTATION_SECRET: "whsec_short" })).toThrow(ConfigError);
    expect(() => opened(["--rotation-ca", join(folder, "none.pem")])).toThrow(ConfigError);
    const file = join(folder, "some.pem");
    writeFileSync(file, "some text");
    expect(() => opened(["--rotation-ca", file])).toThrow(/no certificates/);
  });
});
