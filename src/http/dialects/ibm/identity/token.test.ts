import { createLocalJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  API_KEY_GRANT,
  ASSUME_GRANT,
  COOKIE_GRANT,
  PASSCODE_GRANT,
} from "../../../../app/identity/login.ts";
import { START, ISSUER } from "../../../../app/identity/testing/identity-app.ts";
import { IdentityServer } from "../../../testing/identity-server.ts";
import { MAX_FORM_BYTES } from "./form.ts";

let wire: IdentityServer;
let apikey: string;
beforeAll(async () => {
  wire = await IdentityServer.open();
  apikey = wire.app.first.apiKey.reveal();
});
afterAll(() => wire.close());

const grant_type = API_KEY_GRANT;

async function refusedAndRecorded(
  form: Readonly<Record<string, string | undefined>> | string,
  expected: { readonly code?: string; readonly details: string; readonly operation: string },
): Promise<void> {
  const size = wire.app.parts.log.size;
  const { status, body } = await wire.token(form as Readonly<Record<string, string>>);
  expect(status).toBe(400);
  if (expected.code) expect(body.errorCode).toBe(expected.code);
  expect(body.errorDetails).toContain(expected.details);
  expect(wire.app.parts.log.size).toBe(size + 1);
  expect(wire.app.parts.lastEvent()).toMatchObject({
    operation: expected.operation,
    account: "operator",
    outcome: "failure",
    requestData: {},
  });
}

describe("POST /identity/token", () => {
  it("answers an API key as IBM's IAM does", async () => {
    const { status, headers, body } = await wire.token({
      grant_type,
      apikey,
      response_type: "cloud_iam",
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{86}$/),
      refresh_token: "not_supported",
      token_type: "Bearer",
      expires_in: 3_600,
      expiration: START / 1_000 + 3_600,
      scope: "ibm openid",
    });
    const event = wire.app.parts.lastEvent();
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      pragma: "no-cache",
      "x-global-transaction-id": event.requestId,
      "keytrail-event": event.id,
      "keytrail-index": String(wire.app.parts.log.size - 1),
    });
    expect(event).toMatchObject({
      action: "iam-identity.user-apikey.login",
      dialect: "ibm",
      account: wire.app.first.account.id,
      initiator: { name: "admin@keytrail.local", host: { agent: "test/1.0" } },
      requestData: { client_id: "default", grant_type },
    });
  });

  it("gives a client a refresh token, good once", async () => {
    const first = await wire.token({ grant_type, apikey }, "bx:bx");
    expect(wire.app.parts.lastEvent().requestData).toMatchObject({ client_id: "bx" });
    const form = { grant_type: "refresh_token", refresh_token: first.body.refresh_token };
    const second = await wire.token(form, "bx:bx");
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(first.body.refresh_token);
    const replayed = await wire.token(form, "bx:bx");
    expect([replayed.status, replayed.body.errorCode]).toEqual([400, "BXNIM0407E"]);
    expect(wire.app.parts.lastEvent().operation).toBe("session.end");
    const after = { grant_type: "refresh_token", refresh_token: second.body.refresh_token };
    expect((await wire.token(after, "bx:bx")).status).toBe(400);
  });

  it("refuses an unknown API key in IBM's words, and records it for the operator", async () => {
    const { status, body, headers } = await wire.token({ grant_type, apikey: "hunter2" });
    expect(status).toBe(400);
    expect(body).toEqual({
      errorCode: "BXNIM0415E",
      errorMessage: "Provided API key could not be found.",
      errorDetails: "The API key is not known.",
      context: {
        requestId: headers["x-global-transaction-id"],
        requestType: "incoming.Identity_Token",
        userAgent: "test/1.0",
        url: expect.stringMatching(/^http:\/\/localhost/),
        locale: "en_US",
      },
    });
    expect(wire.app.parts.lastEvent()).toMatchObject({ account: "operator", outcome: "failure" });
  });

  it.each([
    ["nothing", "", "BXNIM0109E", "Property 'grant_type' either missing or empty."],
    ["no key", { grant_type }, "BXNIM0109E", "Property 'apikey' either missing or empty."],
    ["an empty key", { grant_type, apikey: "" }, "BXNIM0109E", "Property 'apikey' either"],
    ["another grant", { grant_type: "implicit" }, "BXNIM0106E", "Validation of property 'grant_ty"],
    [
      "another kind of response",
      { grant_type, apikey: "x", response_type: "uaa" },
      "BXNIM0106E",
      "Valid values: 'cloud_iam'",
    ],
    ["a property twice", "grant_type=a&grant_type=b", "BXNIM0106E", "more than once"],
    [
      "a compute resource's token",
      { grant_type: "urn:ibm:params:oauth:grant-type:cr-token", cr_token: "x" },
      "BXNIM0106E",
      "give the program a service ID",
    ],
    [
      "a code of an identity provider",
      { grant_type: "authorization_code", code: "x" },
      "BXNIM0106E",
      "begin the login at /identity/authorize",
    ],
  ])("refuses %s, and records that too", async (...[, form, code, details]) => {
    await refusedAndRecorded(form, { code, details, operation: "user-apikey.login" });
  });

  it.each([
    [
      "no refresh token",
      { grant_type: "refresh_token" },
      "Property 'refresh_token' either missing",
    ],
    ["no user", { grant_type: "password", password: "x" }, "Property 'username' either missing"],
    ["no password", { grant_type: "password", username: "x" }, "Property 'password' either"],
    ["no passcode", { grant_type: PASSCODE_GRANT }, "Property 'passcode' either missing"],
    ["no cookie", { grant_type: COOKIE_GRANT }, "The request has no identity cookie."],
    ["nobody to apply a profile", { grant_type: ASSUME_GRANT, profile_id: "x" }, "'access_token'"],
    [
      "two at once to apply a profile",
      { grant_type: ASSUME_GRANT, apikey: "x", access_token: "x", profile_id: "x" },
      "not both",
    ],
    ["no profile to apply", { grant_type: ASSUME_GRANT, apikey: "x" }, "by exactly one of"],
    [
      "a profile's id of another form",
      { grant_type: ASSUME_GRANT, apikey: "x", profile_id: "x" },
      "Valid values: 'Profile-UUID'",
    ],
    [
      "a profile's CRN of another form",
      { grant_type: ASSUME_GRANT, apikey: "x", profile_crn: "crn:v1:x" },
      "Valid values: 'crn:v1:",
    ],
    [
      "a profile's name without its account",
      { grant_type: ASSUME_GRANT, apikey: "x", profile_name: "x" },
      "'account' failed",
    ],
    [
      "an account of another form",
      { grant_type: "refresh_token", refresh_token: "x", bss_account: "x" },
      "'bss_account' failed",
    ],
  ])("refuses %s, and records that too", async (...[, form, details]) => {
    await refusedAndRecorded(form, { details, operation: "refreshtoken.login" });
  });

  it("never says again what it was sent", async () => {
    const canary = "canary-5d41402abc4b2a76";
    for (const form of [
      { grant_type: canary },
      { grant_type, apikey: canary },
      { grant_type, apikey: canary, response_type: canary },
      { grant_type: "refresh_token", refresh_token: canary },
      { grant_type: "password", username: canary, password: canary, totp: canary },
      { grant_type: PASSCODE_GRANT, passcode: canary },
      { grant_type: ASSUME_GRANT, apikey: canary, profile_id: canary },
      { grant_type: ASSUME_GRANT, access_token: canary, profile_name: canary, account: canary },
      { [canary]: canary },
    ]) {
      const { body } = await wire.token(form, "bx:bx");
      expect(JSON.stringify(body)).not.toContain(canary);
    }
    const ledger = wire.app.parts.log.lines.map((line) => Buffer.from(line).toString()).join();
    expect(ledger).not.toContain(canary);
    expect(ledger).not.toContain(apikey);
  });

  it("refuses other media types, long forms, and clients it cannot read", async () => {
    const json = { method: "POST", url: "/identity/token", type: "application/json" } as const;
    expect((await wire.send({ ...json, payload: "{}" })).status).toBe(415);
    const long = { grant_type, apikey: "x".repeat(MAX_FORM_BYTES) };
    expect((await wire.token(long)).status).toBe(413);
    const credentials = [`${apikey}:`, "ktc_x:", "KTP-7h2k4:"];
    for (const basic of ["", "nocolon", "bad client:x", `${"x".repeat(65)}:x`, ...credentials]) {
      const { status, body } = await wire.token({ grant_type, apikey }, basic);
      expect([status, body.errorCode]).toEqual([400, "BXNIM0106E"]);
    }
  });

  it("refuses other methods and other paths in the same form", async () => {
    for (const url of ["/identity/token", "/identity/nothing"]) {
      const { status, body } = await wire.send({ method: "GET", url });
      expect([status, body.errorCode]).toEqual([404, "BXNIM0060E"]);
    }
  });
});

describe("discovery", () => {
  it("publishes where things are and the key that checks a token", async () => {
    const configuration = await wire.send({
      method: "GET",
      url: "/identity/.well-known/openid-configuration",
    });
    expect(configuration.body).toMatchObject({
      issuer: ISSUER,
      passcode_endpoint: expect.stringContaining("/identity/passcode"),
      end_session_endpoint: expect.stringContaining("/identity/logout"),
      grant_types_supported: expect.arrayContaining(["password", API_KEY_GRANT, ASSUME_GRANT]),
      token_endpoint: expect.stringMatching(/^http:\/\/localhost(:80)?\/identity\/token$/),
      jwks_uri: expect.stringMatching(/^http:\/\/localhost(:80)?\/identity\/keys$/),
      id_token_signing_alg_values_supported: ["ES256"],
    });
    const keys = await wire.send({ method: "GET", url: "/identity/keys" });
    const { body } = await wire.token({ grant_type, apikey });
    const verified = await jwtVerify(body.access_token, createLocalJWKSet(keys.body), {
      issuer: configuration.body.issuer,
      currentDate: new Date(START),
    });
    expect(verified.payload["iam_id"]).toBe(wire.app.first.administrator.iamId);
  });
});
