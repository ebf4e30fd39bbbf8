import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TokenIssuer } from "../../identity/tokens.ts";
import { Outage } from "../../kernel/errors.ts";
import { TokenKeyFile } from "./token-key.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-token-key-"));
  path = join(folder, "token.key");
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (): Promise<TokenIssuer> =>
  TokenIssuer.open({ issuer: "https://keytrail.test/identity", store: new TokenKeyFile(path) });

describe("the file of the token key", () => {
  it("is made at the first start, for its owner's eyes only, and used at every other", async () => {
    const first = await open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await open()).publishedKeys()).toEqual(first.publishedKeys());
  });

  it("is whole or absent, whatever an earlier start left beside it", async () => {
    writeFileSync(`${path}.new`, '{"kty":"E', { mode: 0o644 });
    const issuer = await open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await open()).publishedKeys()).toEqual(issuer.publishedKeys());
  });

  it("is never replaced because it cannot be read", async () => {
    for (const text of ["", "{}", "not JSON", '{"kty":"EC","crv":"P-256","x":"","y":""}']) {
      writeFileSync(path, text);
      await expect(open()).rejects.toThrow(Outage);
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  });

  it("is not made up for in memory when it cannot be written", async () => {
    const nowhere = new TokenKeyFile(join(folder, "absent", "token.key"));
    await expect(TokenIssuer.open({ issuer: "x", store: nowhere })).rejects.toThrow();
  });
});
