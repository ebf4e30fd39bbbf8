import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatRootKey, newRootKey } from "../../secrets/root-key.ts";
import { RootKeyFile } from "./root-key.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-root-key-"));
  path = join(folder, "root.key");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the root key file", () => {
  it("holds the keys it was given, in their order, for its owner alone", async () => {
    const file = new RootKeyFile(path);
    expect(await file.load()).toBeUndefined();
    const keys = [newRootKey(), newRootKey()];
    await file.save(keys);
    expect((await new RootKeyFile(path).load())?.map(({ id }) => id)).toEqual(
      keys.map(({ id }) => id),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await file.save([keys[1]!]);
    expect((await file.load())?.map(({ id }) => id)).toEqual([keys[1]!.id]);
    expect(readFileSync(path, "utf8")).not.toContain(formatRootKey(keys[0]!));
    expect(readdirSync(folder)).toEqual(["root.key"]);
  });

  it("replaces a draft that a crash left behind, whoever could read that", async () => {
    writeFileSync(`${path}.new`, "torn");
    chmodSync(`${path}.new`, 0o644);
    await new RootKeyFile(path).save([newRootKey()]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await new RootKeyFile(path).load()).toHaveLength(1);
  });

  it.each(["", "# only a comment\n", "canary", `${formatRootKey(newRootKey())}\ncanary\n`])(
    "refuses to be read when it holds %j, without repeating it",
    async (text) => {
      writeFileSync(path, text);
      const reason = await new RootKeyFile(path).load().catch((error: Error) => error.message);
      expect(reason).toBe("it holds something other than keys of 32 bytes in base64");
    },
  );
});
