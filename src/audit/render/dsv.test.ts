import { describe, expect, it } from "vitest";
import { dsvProblems } from "../../../test/support/dsv-validator.ts";
import {
  failedLogin,
  initiators,
  sampleEvent,
  SECRET_ID,
  VERSION_ID,
} from "../../../test/support/sample-events.ts";
import { renderDsv } from "./dsv.ts";

describe("an event as a record of DSV's audit", () => {
  it("says field by field what a reading was", () => {
    const event = sampleEvent({ operation: "secret.read" });
    expect(renderDsv(event)).toEqual({
      id: event.id,
      tenant: "acct1",
      tenantName: "acct1",
      principal: "users:ada@example.com",
      principalItemId: "IBMid-50KTRL9ADA0001",
      action: "GET",
      status: 200,
      path: "secrets:db-prod",
      ipaddress: "10.1.2.3",
      created: "2026-11-21T09:31:07.412000000Z",
      message: "Secrets Manager: read secret db-prod",
    });
  });

  it("says of a login that it succeeded", () => {
    expect(renderDsv(sampleEvent({ operation: "user-apikey.login" }))).toMatchObject({
      principal: "users:ada@example.com",
      action: "POST",
      status: 200,
      path: "token",
      message: "login succeeded",
    });
  });

  it("has status 0 and nobody for a login that failed, and says who was tried", () => {
    const record = { principal: "", principalItemId: "", action: "POST", status: 0, path: "token" };
    expect(renderDsv(failedLogin("refreshtoken.login"))).toMatchObject({
      ...record,
      tenant: "operator",
      message: "The credential is not valid.",
    });
    const attacked = { kind: "user", id: "IBMid-BOB", name: "bob@example.com" };
    expect(renderDsv(failedLogin("refreshtoken.login", { target: attacked }))).toMatchObject({
      ...record,
      message: "user attempting login: bob@example.com: The credential is not valid.",
    });
    const initiator = initiators.expired;
    expect(renderDsv(failedLogin("refreshtoken.login", { initiator }))).toMatchObject({
      ...record,
      message: "user attempting login: IBMid-50KTRL9ADA0001: The credential is not valid.",
    });
  });

  it.each([
    ["secret.read", "not_found", 404, "unable to find item with specified identifier"],
    ["event.search", "forbidden", 403, "Invalid permissions"],
    ["secret.create", "conflict", 400, "error creating secret, secret at path already exists"],
    ["user.create", "conflict", 400, "a security principal with this name already exists"],
    ["secret.update", "conflict", 400, "In the core's own words."],
    ["secret.create", "invalid_request", 400, "In the core's own words."],
  ] as const)(
    "has DSV's status and words of %s refused: %s",
    (...[operation, refusal, status, message]) => {
      const sentence = "In the core's own words.";
      expect(renderDsv(sampleEvent({ operation, refusal, sentence }))).toMatchObject({
        status,
        message,
        principal: "users:ada@example.com",
      });
    },
  );

  it.each([
    ["user", "users:ada@example.com", "IBMid-50KTRL9ADA0001"],
    [
      "serviceId",
      "clients:ServiceId-1e1c6a0e-6b0a-4d9b-8a52-0a6a4f9f2c22",
      "iam-ServiceId-1e1c6a0e-6b0a-4d9b-8a52-0a6a4f9f2c22",
    ],
    ["profile", "roles:deployers", "iam-Profile-5d0f2c3e-5c1b-4d5e-8f6a-9b8c7d6e5f4a"],
    ["anonymous", "", ""],
    ["expired", "users:IBMid-50KTRL9ADA0001", "IBMid-50KTRL9ADA0001"],
    ["internal", "clients:keytrail-expiry", "keytrail-expiry"],
  ] as const)("names the principal that is a %s as %s", (kind, principal, principalItemId) => {
    const initiator = initiators[kind];
    const event = sampleEvent({ operation: "secret.read", initiator });
    expect(renderDsv(event)).toMatchObject({ principal, principalItemId });
  });

  it.each([
    ["secret.create", "POST", 201],
    ["secret.delete", "DELETE", 200],
    ["version.create", "PUT", 200],
    ["serviceid.create", "POST", 201],
    ["serviceid.delete", "DELETE", 200],
    ["access-group-member.add", "POST", 200],
    ["access-group-member.delete", "DELETE", 204],
    ["user-password.set", "POST", 200],
    ["data.rotate", "POST", 201],
    ["root-key.rotate", "PUT", 200],
    ["config.write", "POST", 201],
    ["encryption-key.delete", "DELETE", 204],
    ["pki-root.create", "POST", 200],
    ["secret.restore", "GET", 200],
  ] as const)("answers %s with %s as DSV does: %i", (operation, action, status) => {
    expect(renderDsv(sampleEvent({ operation }))).toMatchObject({ action, status });
  });
});

describe("the path of a record", () => {
  const pathOf = (sample: Parameters<typeof sampleEvent>[0]): string =>
    renderDsv(sampleEvent(sample)).path;

  it("has the names of what was acted on", () => {
    expect(pathOf({ operation: "secret.metadata.read" })).toBe("secrets:db-prod::description");
    expect(pathOf({ operation: "user.update" })).toBe("users:bob@example.com");
    expect(pathOf({ operation: "profile.read" })).toBe("roles:deployers");
    expect(pathOf({ operation: "identity-provider.read" })).toBe("config:auth:okta");
  });

  it("has the id of a client, of what has no name, and of what was not found", () => {
    expect(pathOf({ operation: "serviceid.read" })).toBe("clients:ServiceId-1e1c6a0e");
    expect(pathOf({ operation: "event.read" })).toBe(`audit:${VERSION_ID}`);
    expect(pathOf({ operation: "policy.read" })).toBe(
      "config:policies:12345678-abcd-4a1a-a1b2-bd1234567890",
    );
    const missing = { operation: "secret.read", target: { name: "" } } as const;
    expect(pathOf({ ...missing, input: {}, refusal: "not_found" })).toBe(`secrets:${SECRET_ID}`);
  });

  it("has a version by its id, or by the alias that it was asked for by", () => {
    const operation = "version.read";
    expect(pathOf({ operation, input: { versionId: "v1" } })).toBe("secrets:db-prod:version:v1");
    const input = { alias: "previous" };
    expect(pathOf({ operation, input, output: { versionId: "v2" } })).toBe(
      "secrets:db-prod:version:previous",
    );
  });

  it("has a secret's folders joined by colons, as DSV writes them", () => {
    const target = { name: "us-east/server02" };
    expect(pathOf({ operation: "secret.read", target })).toBe("secrets:us-east:server02");
  });

  it("has the name of a secret that could not be made", () => {
    const nowhere = { kind: "", id: "", name: "" };
    const input = { name: "db-prod" };
    const operation = "secret.create";
    expect(pathOf({ operation, target: nowhere, input, refusal: "conflict" })).toBe(
      "secrets:db-prod",
    );
  });

  it("has whose an API key is where the record says so, and else leaves the placeholder", () => {
    const input = { iamId: "iam-ServiceId-1e1c6a0e" };
    expect(pathOf({ operation: "serviceid-apikey.create", input })).toBe(
      "clients:ServiceId-1e1c6a0e:apikeys",
    );
    expect(pathOf({ operation: "user-apikey.delete", input: {} })).toBe(
      "users:{name}:apikeys:ApiKey-3f5ac979",
    );
  });

  it("has the parts of groups and of profiles by their ids", () => {
    const member = { iam_id: "IBMid-1" };
    expect(pathOf({ operation: "access-group-member.read", input: member })).toBe(
      "groups:auditors:members:IBMid-1",
    );
    expect(pathOf({ operation: "access-group-rule.read", input: { id: "ClaimRule-1" } })).toBe(
      "groups:auditors:rules:ClaimRule-1",
    );
    const input = { id: "Profile-1", ruleId: "ClaimRule-2" };
    expect(pathOf({ operation: "profile-rule.read", input })).toBe(
      "roles:deployers:rules:ClaimRule-2",
    );
  });
});

describe("the rules of DSV's records that events are held against", () => {
  const good = renderDsv(sampleEvent({ operation: "secret.read" }));
  const { tenantName: _, ...short } = good;

  it.each([
    ["ten fields", short],
    ["a twelfth field", { ...good, severity: "normal" }],
    ["a field of every object", { ...good, constructor: 1 }],
    ["no id", { ...good, id: "" }],
    ["a principal of no kind", { ...good, principal: "ada@example.com" }],
    ["a principal without its id", { ...good, principalItemId: "" }],
    ["an id without its principal", { ...good, principal: "" }],
    ["a verb for a method", { ...good, action: "read" }],
    ["a status that is text", { ...good, status: "200" }],
    ["a status that is none", { ...good, status: 42 }],
    ["status 0 of what is no login", { ...good, status: 0 }],
    ["a failed login with a status", { ...good, path: "token", action: "POST", status: 401 }],
    ["a path with a slash before it", { ...good, path: "/secrets:db-prod" }],
    ["a status that DSV does not answer", { ...good, action: "DELETE", status: 201 }],
    ["another such", { ...good, path: "groups:a:members", action: "DELETE", status: 200 }],
    ["a time in milliseconds", { ...good, created: "2026-11-21T09:31:07.412Z" }],
    ["an address that is none", { ...good, ipaddress: "somewhere" }],
    ["a message that is none", { ...good, message: null }],
  ])("refuse %s", (_what, document) => {
    expect(dsvProblems({ ...good })).toEqual([]);
    expect(dsvProblems(document)).not.toEqual([]);
  });
});
