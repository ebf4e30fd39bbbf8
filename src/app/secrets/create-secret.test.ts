import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "../call.ts";
import { openTestApp, PLACE, START, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { readSecret } from "./read-secret.ts";
import { createSecretGroup } from "./secret-groups.ts";
import { arbitrary, created, kv, login, revealed } from "./testing/inputs.ts";

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

const ledgerText = (): string =>
  app.log.lines.map((line) => Buffer.from(line).toString()).join("\n");

describe("a new secret", () => {
  it("is given back as it was made, and recorded without its value", async () => {
    const input = {
      ...arbitrary("db-prod", "canary-value"),
      description: "canary-description",
      labels: ["canary-label"],
      customMetadata: { note: "canary-metadata" },
      expirationDate: "2030-01-01T00:00:00Z",
    };
    const made = await app.done(createSecret, manager, input);
    expect(made).toMatchObject({
      crn: `crn:v1:bluemix:public:secrets-manager:us-south:a/${PLACE.account}:${PLACE.instance}:secret:${made.id}`,
      secretGroupId: "default",
      state: 1,
      stateDescription: "active",
      versionsTotal: 1,
      locksTotal: 0,
      createdAt: START,
      createdBy: manager.kind === "identity" && manager.id,
      expiresAt: Date.UTC(2030, 0, 1),
      downloaded: false,
      retrievedAt: null,
      rotation: null,
      nextRotationAt: null,
    });
    expect(revealed(made.payload)).toBe("canary-value");
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret.create",
      outcome: "success",
      reason: { reasonCode: 201, reasonType: "Created" },
      message: "Secrets Manager: create secret db-prod",
      target: { id: made.crn, name: "db-prod", typeURI: "secrets-manager/secret" },
      requestData: {
        name: "db-prod",
        secretType: "arbitrary",
        secretGroupId: "default",
        expirationDate: "2030-01-01T00:00:00Z",
      },
      responseData: { id: made.id, crn: made.crn, versionId: made.versionId },
    });
    await app.done(readSecret, manager, { id: made.id });
    expect(ledgerText()).not.toContain("canary");
  });

  it("of each type is read as it was given", async () => {
    const secrets = [
      [arbitrary("a", "line 1\nline 2 ✓"), "line 1\nline 2 ✓"],
      [login("l", "tiger-1"), { username: "scott", password: "tiger-1" }],
      [kv("k", { deep: { er: [1, null, "x"] } }), { deep: { er: [1, null, "x"] } }],
    ] as const;
    for (const [input, value] of secrets) {
      const { id } = await app.done(createSecret, manager, {
        ...input,
        name: `secret-${input.name}`,
      });
      expect(revealed((await app.done(readSecret, manager, { id })).payload)).toEqual(value);
    }
  });

  it("is kept sealed: neither value nor username stands in the database", async () => {
    await app.done(createSecret, manager, arbitrary("one", "canary-value"));
    await app.done(createSecret, manager, login("two", "canary-password"));
    const everything = ["secrets", "versions", "payloads", "data_keys", "outbox"]
      .flatMap((table) => app.database.all(`SELECT * FROM ${table}`))
      .flatMap((row) => Object.values(row))
      .map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value),
      )
      .join("\n");
    expect(everything).toContain("one");
    expect(everything).not.toMatch(/canary|scott/);
  });

  it("gets a password by its policy when it is given none", async () => {
    const policy = {
      length: 40,
      includeDigits: false,
      includeSymbols: false,
      includeUppercase: false,
    };
    const made = await app.done(createSecret, manager, {
      ...login("db"),
      payload: { kind: "username_password", username: "scott", passwordPolicy: policy },
    });
    expect(revealed(made.payload)).toEqual({
      username: "scott",
      password: expect.stringMatching(/^[a-z]{40}$/),
    });
    expect(made.passwordPolicy).toEqual(policy);
    const { payload } = created(await app.done(createVersion, manager, { id: made.id }));
    expect(revealed(payload)).toEqual({
      username: "scott",
      password: expect.stringMatching(/^[a-z]{40}$/),
    });
    expect(revealed(payload)).not.toEqual(revealed(made.payload));
  });

  it("may not have the type and name of another, in whichever group", async () => {
    const group = await app.done(createSecretGroup, manager, { name: "team" });
    await app.done(createSecret, manager, arbitrary("db"));
    const again = { ...arbitrary("db"), secretGroupId: group.id };
    const refusal = await app.refused(createSecret, manager, again);
    expect([refusal.code, refusal.message]).toEqual([
      "conflict",
      expect.stringContaining("already exists"),
    ]);
    expect(app.lastEvent()).toMatchObject({
      outcome: "failure",
      reason: { reasonCode: 409 },
      target: { name: "db" },
    });
    await app.done(createSecret, manager, kv("db", {}));
  });

  it.each([
    ["a name with a space", { ...arbitrary("a b") }],
    ["a group that does not exist", { ...arbitrary("ab"), secretGroupId: "nowhere" }],
    ["a date that has passed", { ...arbitrary("ab"), expirationDate: "2020-01-01T00:00:00Z" }],
    ["a date on a kv secret", { ...kv("ab", {}), expirationDate: "2030-01-01T00:00:00Z" }],
    [
      "a rotation of what is not generated",
      { ...arbitrary("ab"), rotation: { autoRotate: true, interval: 1, unit: "day" } as const },
    ],
    [
      "a rotation by the hour",
      { ...login("ab"), rotation: { autoRotate: true, interval: 1, unit: "hour" } as const },
    ],
    ["a value of another type", { ...arbitrary("ab"), secretType: "kv" as const }],
    ["an empty value", arbitrary("ab", "")],
    [
      "31 labels",
      { ...arbitrary("ab"), labels: Array.from({ length: 31 }, (_, i) => `label-${i}`) },
    ],
    ["too much metadata", { ...arbitrary("ab"), versionCustomMetadata: { a: "x".repeat(11_000) } }],
  ])("is refused with %s, and nothing is kept", async (_what, input) => {
    const refusal = await app.refused(createSecret, manager, input);
    expect(["invalid_request", "not_found", "limit_reached"]).toContain(refusal.code);
    expect(app.database.all("SELECT id FROM secrets UNION SELECT owner FROM data_keys")).toEqual(
      [],
    );
    expect(app.lastEvent().outcome).toBe("failure");
  });
});
