import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PASSWORD, recorded } from "../../../app/identity/testing/logins.ts";
import type { TestUser } from "../../../app/identity/testing/identity-app.ts";
import { IdentityServer } from "../../testing/identity-server.ts";

let wire: IdentityServer;
let ada: TestUser;
let admin: string;
let own: string;
let path: string;
beforeAll(async () => {
  wire = await IdentityServer.open();
  const { app } = wire;
  ada = await app.user("ada@example.com");
  admin = (await app.login(app.first.apiKey)).accessToken.reveal();
  own = (await app.login(ada.key.value)).accessToken.reveal();
  path = `/trail/v1/users/${ada.user.iamId}`;
});
afterAll(() => wire.close());

type Method = "GET" | "PATCH" | "PUT" | "POST" | "DELETE";

async function call(
  [method, url]: readonly [Method, string],
  token: string,
  payload?: object,
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const { statusCode, body } = await wire.server.inject({
    method,
    url,
    headers: { authorization: `Bearer ${token}` },
    ...(payload ? { payload } : {}),
  });
  return { status: statusCode, body: body === "" ? {} : JSON.parse(body) };
}

describe("a user on the native wire", () => {
  it("is read with what it can log in with, and nothing of that itself", async () => {
    const { status, body } = await call(["GET", path], own);
    expect([status, body]).toEqual([
      200,
      {
        iam_id: ada.user.iamId,
        email: "ada@example.com",
        name: "ada@example.com",
        state: "active",
        created_at: "2026-11-21T09:00:00.000Z",
        created_by: wire.app.first.administrator.iamId,
        has_password: false,
        password_set_at: null,
        second_factor: "none",
        failed_logins: 0,
        locked_until: null,
      },
    ]);
  });

  it("gets a password and a second factor, and loses them again", async () => {
    const password = { password: PASSWORD };
    expect((await call(["PUT", `${path}/password`], admin, password)).status).toBe(204);
    const enrolled = await call(["POST", `${path}/totp`], admin);
    expect(enrolled.status).toBe(201);
    expect(enrolled.body["uri"]).toContain("otpauth://totp/");
    const secret = Secret.fromBase32(String(enrolled.body["secret"]));
    const code = new TOTP({ secret }).generate({ timestamp: wire.app.parts.clock.now() });
    expect((await call(["PUT", `${path}/totp`], admin, { code })).status).toBe(204);
    expect((await call(["GET", path], admin)).body).toMatchObject({
      has_password: true,
      password_set_at: "2026-11-21T09:00:00.000Z",
      second_factor: "confirmed",
    });
    expect((await call(["DELETE", `${path}/totp`], admin, {})).status).toBe(204);
    expect((await call(["DELETE", `${path}/password`], admin)).status).toBe(204);
    expect((await call(["DELETE", `${path}/lockout`], admin)).status).toBe(204);
    expect(wire.app.parts.lastEvent()).toMatchObject({
      operation: "user.unlock",
      dialect: "native",
    });
    const ledger = recorded(wire.app);
    for (const one of [PASSWORD, code, secret.base32]) expect(ledger).not.toContain(one);
  });

  it("is renamed, disabled and enabled", async () => {
    const renamed = await call(["PATCH", path], admin, { name: "Ada", state: "disabled" });
    expect(renamed.body).toMatchObject({ name: "Ada", state: "disabled" });
    expect((await call(["GET", path], own)).status).toBe(401);
    expect((await call(["PATCH", path], admin, { state: "active" })).status).toBe(200);
  });

  it.each([
    ["PUT", "/password", { password: "short-canary" }],
    ["PUT", "/password", { password: 7 }],
    ["PUT", "/password", { password: PASSWORD, "field-canary": "x" }],
    ["PUT", "/totp", { code: "" }],
    ["PATCH", "", { state: "state-canary" }],
    ["DELETE", "/totp", { code: 7 }],
  ] as const)(
    "refuses what is not valid, %s %s, and repeats nothing of it",
    async (method, at, payload) => {
      const { status, body } = await call([method, `${path}${at}`], admin, payload);
      expect(status).toBe(400);
      expect(JSON.stringify(body)).not.toContain("canary");
      expect(wire.app.parts.lastEvent()).toMatchObject({ outcome: "failure", requestData: {} });
      expect(recorded(wire.app)).not.toContain("canary");
    },
  );

  it("is not looked for under what is no id", async () => {
    const { status } = await call(["GET", "/trail/v1/users/ktk_canary"], admin);
    expect(status).toBe(400);
    expect(recorded(wire.app)).not.toContain("ktk_canary");
  });
});
