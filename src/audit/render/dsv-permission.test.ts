import { describe, expect, it } from "vitest";
import { catalogue, operationNames, type OperationName } from "../catalogue.ts";
import { accountPlace } from "../../identity/account.ts";
import { dsvPermissionOf } from "./dsv-permission.ts";

const place = accountPlace("0123456789abcdef0123456789abcdef");

const needs = (
  operation: OperationName,
  target: { kind?: string; id?: string; name?: string } = {},
  input: object = {},
): string => {
  const { resources, action } = dsvPermissionOf(operation, {
    target: { place, kind: "", id: "", name: "", ...target },
    input,
  });
  return `${action} ${resources.join(" ")}`;
};

describe("what an operation needs by policy documents", () => {
  it.each([
    ["secret.read", { name: "us-east/db" }, "read secrets:us-east:db"],
    ["version.read", { name: "us-east/db" }, "read secrets:us-east:db"],
    ["secret.metadata.read", { name: "us-east/db" }, "read secrets:us-east:db"],
    ["secret.create", { name: "us-east/db" }, "create secrets:us-east:db"],
    ["secret.update", { name: "db" }, "update secrets:db"],
    ["version.rollback", { name: "db" }, "update secrets:db"],
    ["secret.restore", { name: "db" }, "update secrets:db"],
    ["secret.delete", { name: "db" }, "delete secrets:db"],
    ["secret-lock.delete", { name: "db" }, "update secrets:db"],
    ["secret.list", {}, "list secrets"],
    ["secret.paths.list", { name: "us-east" }, "list secrets:us-east"],
    ["user.read", { kind: "user", name: "bob" }, "read users:bob"],
    ["user-password.set", { kind: "user", name: "bob" }, "update users:bob"],
    ["user.restore", { kind: "user", name: "bob" }, "update users:bob"],
    ["user.groups.list", { kind: "user", name: "bob" }, "read users:bob"],
    ["access-group-member.add", { kind: "groups", name: "ops" }, "update groups:ops"],
    ["access-group-member.delete", { kind: "groups", name: "ops" }, "update groups:ops"],
    ["profile.delete", { kind: "profile", name: "ci" }, "delete roles:ci"],
    ["engine.ping", { kind: "engine", name: "e" }, "update engines:e"],
    ["encryption-key.restore", { kind: "encryption-key", name: "a/b" }, "update crypto:key:a:b"],
    ["data.decrypt", { name: "a/b" }, "read crypto:decrypt:a:b"],
    ["policy-document.version.read", { name: "secrets:a" }, "read config:policies:secrets:a"],
    ["config.read", {}, "read config"],
    ["config.write", {}, "update config"],
    ["event.search", {}, "list audit"],
    ["event.export", {}, "list audit"],
  ] as const)("%s", (operation, target, needed) => {
    expect(needs(operation, target)).toBe(needed);
  });

  it("is of what is being made its name, or all of its kind", () => {
    expect(needs("user.create", {}, { userName: "bob" })).toBe("create users:bob users");
    expect(needs("access-group.create", {}, { name: "ops" })).toBe("create groups:ops groups");
    expect(needs("policy-document.create", {}, { path: "secrets:a" })).toBe(
      "create config:policies:secrets:a config:policies",
    );
    expect(needs("serviceid.create")).toBe("create clients");
  });

  it("is denied by what it is another way to do, and not allowed by it", () => {
    const asked = (operation: OperationName, name: string) =>
      dsvPermissionOf(operation, { target: { place, kind: "", id: "", name }, input: {} });
    expect(asked("log.read", "log")).toEqual({
      resources: ["audit:log"],
      action: "list",
      alsoDenied: { resources: ["audit"], action: "list" },
    });
    expect(asked("policy.role.attach", "boss")).toEqual({
      resources: ["config:policies"],
      action: "create",
      alsoDenied: { resources: ["config:policies:profiles"], action: "create" },
    });
  });

  it("is one path however the parts of a name are joined", () => {
    expect(needs("secret.read", { name: "prod//db" })).toBe("read secrets:prod:db");
  });

  it("is in a home under the name of whose it is", () => {
    const home = { ...place, home: { iamId: "IBMid-BOB", principal: "users:bob" } };
    const asked = (operation: OperationName, name: string) =>
      dsvPermissionOf(operation, {
        target: { place: home, kind: "secret", id: "x", name },
        input: {},
      }).resources;
    expect(asked("secret.read", "db/x")).toEqual(["home:users:bob:db:x"]);
    expect(asked("secret.list", "")).toEqual(["home:users:bob"]);
  });

  it("is something of every operation, and speaks of what it names", () => {
    for (const name of operationNames) {
      const { resources, action } = dsvPermissionOf(name, {
        target: { place, kind: "", id: "ID", name: "NAME" },
        input: {},
      });
      expect(["create", "read", "update", "delete", "list", "assign", "share"]).toContain(action);
      expect(resources.length).toBeGreaterThan(0);
      const [path] = catalogue[name].dsv;
      const isOfOne = path.includes("{") && !path.startsWith("config:version");
      if (isOfOne && resources[0] !== "audit") expect(resources[0]).toMatch(/NAME|ID|\{/);
    }
  });
});
