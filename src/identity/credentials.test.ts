import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Sensitive } from "../kernel/sensitive.ts";
import { CredentialKeeper } from "./credentials.ts";

const keeper = new CredentialKeeper();

describe("a credential that is made", () => {
  it("is 256 random bits behind a prefix, kept as its SHA-256", () => {
    const { value, hash: kept } = keeper.makeApiKey();
    expect(value.reveal()).toMatch(/^ktk_[A-Za-z0-9_-]{43}$/);
    expect(kept).toBe(hash("sha256", value.reveal(), "hex"));
    expect(keeper.makeApiKey().value.reveal()).not.toBe(value.reveal());
  });

  it("is found again by what its holder offers", () => {
    const key = keeper.makeApiKey();
    expect(keeper.hashOfApiKey(key.value)).toBe(key.hash);
    const token = keeper.makeRefreshToken();
    expect(keeper.hashOfRefreshToken(token.value)).toBe(token.hash);
  });
});

describe("a credential that is offered", () => {
  it("is not looked up when it never was one, or is one of another kind", () => {
    const { value } = keeper.makeRefreshToken();
    expect(keeper.hashOfApiKey(value)).toBeUndefined();
    for (const text of ["", "ktk_", "not_supported", `${keeper.makeApiKey().value.reveal()}A`]) {
      expect(keeper.hashOfApiKey(new Sensitive(text))).toBeUndefined();
      expect(keeper.hashOfRefreshToken(new Sensitive(text))).toBeUndefined();
    }
  });
});
