import { describe, expect, it } from "vitest";
import {
  checkedClientId,
  checkedIssuer,
  checkedRealm,
  checkedScopes,
  isIdentityProviderId,
  isLoopbackIssuer,
  MAX_ISSUER_CHARS,
  newIdentityProviderId,
} from "./identity-provider.ts";

describe("an issuer", () => {
  it.each([
    "https://login.example.com",
    "https://login.example.com/",
    "https://login.example.com:8443/realms/main",
    "http://127.0.0.1:3000",
    "http://localhost:3000/realms/main",
    "http://[::1]:3000",
  ])("may be %s, and stays as it was written", (issuer) => {
    expect(checkedIssuer(issuer)).toBe(issuer);
  });

  it.each([
    "http://login.example.com",
    "http://10.0.0.1",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "ftp://login.example.com",
    "login.example.com",
    "https://user:password@login.example.com",
    "https://login.example.com?tenant=1",
    "https://login.example.com/?",
    "https://login.example.com#fragment",
    "https://login.example.com#",
    "https://login.example.com/a b",
    "javascript:alert(1)",
    "",
    `https://login.example.com/${"a".repeat(MAX_ISSUER_CHARS)}`,
  ])("is never %s", (issuer) => {
    expect(() => checkedIssuer(issuer)).toThrow(/`issuer` is an https URL/);
  });

  it("is one under development only without TLS on this machine", () => {
    expect(isLoopbackIssuer("http://127.0.0.1:3000")).toBe(true);
    expect(isLoopbackIssuer("https://127.0.0.1:3000")).toBe(false);
    expect(isLoopbackIssuer("http://login.example.com")).toBe(false);
  });
});

describe("a realm", () => {
  it.each(["example.com", "https://idp.example.com/main", "acme:people@eu_1"])(
    "may be %s",
    (realm) => expect(checkedRealm(realm)).toBe(realm),
  );

  it.each(["IBMid", "ibmid", "IAM", "iam"])("is not %s, which is our own", (realm) => {
    expect(() => checkedRealm(realm)).toThrow(/one of our own/);
  });

  it.each(["", "two words", "-x", "a\nb", "ä", "a".repeat(256)])("is not %j", (realm) => {
    expect(() => checkedRealm(realm)).toThrow(/`realm` has/);
  });
});

describe("scopes", () => {
  it("always have openid, and each once", () => {
    expect(checkedScopes(["email", "openid", "email"])).toEqual(["openid", "email"]);
    expect(checkedScopes([])).toEqual(["openid"]);
  });

  it.each([["two words"], [""], ['"'], ["a".repeat(129)]])("are not %j", (scope) => {
    expect(() => checkedScopes([scope])).toThrow(/scopes/);
  });

  it("are few", () => {
    const many = Array.from({ length: 20 }, (_, n) => `scope-${n}`);
    expect(() => checkedScopes(many)).toThrow(/20 scopes/);
  });
});

describe("ids", () => {
  it("of a provider are told from other texts", () => {
    expect(isIdentityProviderId(newIdentityProviderId())).toBe(true);
    for (const text of ["", "IdentityProvider-", "IdentityProvider-1", "ktk_secret"]) {
      expect([text, isIdentityProviderId(text)]).toEqual([text, false]);
    }
  });

  it("of a client are printable", () => {
    expect(checkedClientId("keytrail of example.com")).toBe("keytrail of example.com");
    for (const text of ["", "a\u0000", "ä", "a".repeat(256)]) {
      expect(() => checkedClientId(text)).toThrow(/client id/);
    }
  });
});
