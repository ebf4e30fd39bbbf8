import { describe, expect, it } from "vitest";
import { argon2id } from "hash-wasm";
import { Refusal } from "../kernel/errors.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { isPassword, keptPassword, MAX_PASSWORD_CHARS } from "./password.ts";

const password = new Sensitive("correct horse battery staple");

describe("a password", () => {
  it("is known again, and no other is", async () => {
    const kept = await keptPassword(password);
    expect(await isPassword(password, kept)).toBe(true);
    expect(await isPassword(new Sensitive("correct horse battery stable"), kept)).toBe(false);
    expect(await isPassword(new Sensitive(""), kept)).toBe(false);
  });

  it("is kept with a salt of its own, in a form that says how it was made", async () => {
    const kept = await keptPassword(password);
    expect(kept).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(kept).not.toBe(await keptPassword(password));
  });

  it("is kept as another implementation of argon2id would, and known from its form", async () => {
    const [, , , , salt = "", tag] = (await keptPassword(password)).split("$");
    const costs = { iterations: 2, memorySize: 19_456, parallelism: 1, hashLength: 32 };
    const same = { ...costs, password: password.reveal(), salt: Buffer.from(salt, "base64") };
    const other = await argon2id({ ...same, outputType: "binary" });
    expect(Buffer.from(other).toString("base64").replace(/=+$/, "")).toBe(tag);
    const foreign = await argon2id({
      ...same,
      iterations: 1,
      memorySize: 64,
      outputType: "encoded",
    });
    expect(await isPassword(password, foreign)).toBe(true);
  });

  it("is the same however its letters were composed", async () => {
    const kept = await keptPassword(new Sensitive("un mot de passe très long"));
    expect(await isPassword(new Sensitive("un mot de passe tre\u0300s long"), kept)).toBe(true);
  });

  it("that is too short or too long is refused, and never quoted", async () => {
    for (const text of ["short", "x".repeat(MAX_PASSWORD_CHARS + 1)]) {
      await expect(keptPassword(new Sensitive(text))).rejects.toThrow(Refusal);
      await expect(keptPassword(new Sensitive(text))).rejects.not.toThrow(text);
    }
    expect(await isPassword(new Sensitive("x".repeat(1_000_000)), undefined)).toBe(false);
  });

  it("of somebody who has none, or whose record is damaged, is wrong", async () => {
    const kept = await keptPassword(password);
    for (const none of [undefined, "", kept.slice(0, -1), kept.replace("argon2id", "argon2i")]) {
      expect(await isPassword(password, none)).toBe(false);
    }
  });
});
