import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { REFRESH_TOKEN_LIFETIME_MS } from "../../identity/refresh-token.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Performed } from "../perform.ts";
import { createApiKey, deleteApiKey, type CreatedApiKey } from "./api-keys.ts";
import { issueToken } from "./issue-token.ts";
import { API_KEY_GRANT, REFRESH_GRANT, type IssuedTokens } from "./login.ts";
import { openSession } from "./open-session.ts";
import { createServiceId } from "./service-ids.ts";
import { NOBODY, IdentityApp, START } from "./testing/identity-app.ts";

let app: IdentityApp;
beforeEach(async () => {
  app = await IdentityApp.open();
});
afterEach(() => app.close());

async function serviceKey(): Promise<CreatedApiKey> {
  const admin = await app.administrator();
  const { iamId } = await app.done(createServiceId, admin, { name: "ci" });
  return app.done(createApiKey, admin, { iamId, name: "key" });
}

const withKey = (apiKey: string, client_id = "default"): Promise<string> =>
  app.refused(issueToken, NOBODY, {
    client_id,
    grant_type: API_KEY_GRANT,
    apiKey: new Sensitive(apiKey),
  });

function refresh(token: Sensitive<string>, client_id = "bx"): Promise<Performed<IssuedTokens>> {
  const input = { client_id, grant_type: REFRESH_GRANT, refreshToken: token } as const;
  return app.parts.performer.perform(openSession, app.call(NOBODY), () => input);
}

async function refreshed(token: Sensitive<string>): Promise<IssuedTokens> {
  const performed = await refresh(token);
  if (performed.kind === "refused") throw performed.refusal;
  return performed.output;
}

async function notRefreshed(token: Sensitive<string>, client_id?: string): Promise<string> {
  const performed = await refresh(token, client_id);
  if (performed.kind === "done") throw new Error("it was not refused");
  return performed.refusal.message;
}

describe("a login with an API key", () => {
  it("of a user is recorded in the account, under the user's name, with the client", async () => {
    const { apikeyId } = await app.login(app.first.apiKey, "bx");
    const { account, administrator } = app.first;
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "user-apikey.login",
      action: "iam-identity.user-apikey.login",
      outcome: "success",
      account: account.id,
      region: "global",
      initiator: {
        id: administrator.iamId,
        name: administrator.email,
        typeURI: "service/security/account/user",
        credential: { type: "apikey" },
        host: { address: "192.0.2.7" },
      },
      target: { name: administrator.email },
      requestData: { client_id: "bx", grant_type: API_KEY_GRANT },
      responseData: { apikeyId },
    });
  });

  it("of a service ID has a name of its own", async () => {
    const key = await serviceKey();
    await app.login(key.value);
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "serviceid-apikey.login",
      initiator: {
        id: key.iamId,
        name: "ci",
        typeURI: "service/security/account/serviceid",
        credential: { type: "apikey-serviceid" },
      },
      requestData: { client_id: "default" },
    });
  });

  it("that is not known stands in the operator's stream, and in no account's", async () => {
    expect(await withKey(`ktk_${"A".repeat(43)}`)).toBe(
      "unauthenticated: The API key is not known.",
    );
    expect(await withKey("hunter2")).toBe("unauthenticated: The API key is not known.");
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "user-apikey.login",
      outcome: "failure",
      severity: "critical",
      account: "operator",
      initiator: { id: "", name: "" },
      target: { name: "login" },
      reason: { reasonCode: 401, reasonType: "Unauthorized" },
      requestData: { client_id: "default" },
    });
    expect(app.parts.log.lines.map((line) => Buffer.from(line).toString()).join()).not.toContain(
      "hunter2",
    );
  });

  it("that has expired says whose key it was, to the operator", async () => {
    const admin = await app.administrator();
    const { iamId } = await app.done(createServiceId, admin, { name: "ci" });
    const expiresAt = START + 60_000;
    const key = await app.done(createApiKey, admin, {
      iamId,
      name: "short",
      expiresAt: toRfc3339(expiresAt),
    });
    expect((await app.login(key.value)).apikeyId).toBe(key.id);
    app.parts.clock.set(expiresAt);
    expect(await withKey(key.value.reveal())).toBe("unauthenticated: The API key has expired.");
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "serviceid-apikey.login",
      account: "operator",
      initiator: { id: iamId, name: "" },
    });
  });

  it("that is disabled is refused", async () => {
    const { value, ...key } = await serviceKey();
    app.parts.database.run("UPDATE api_keys SET disabled = 1 WHERE id = ?", key.id);
    expect(await withKey(value.reveal())).toBe("unauthenticated: The API key is disabled.");
  });

  it("gives the default client no refresh token, and another client one", async () => {
    expect((await app.login(app.first.apiKey)).refreshToken).toBeNull();
    expect((await app.login(app.first.apiKey, "bx")).refreshToken?.reveal()).toMatch(/^ktr_/);
  });

  it("puts neither the key nor a token into the record", async () => {
    const tokens = await app.login(app.first.apiKey, "bx");
    const ledger = app.parts.log.lines.map((line) => Buffer.from(line).toString()).join();
    for (const secret of [app.first.apiKey, tokens.accessToken, tokens.refreshToken!]) {
      expect(ledger).not.toContain(secret.reveal());
    }
  });
});

describe("a refresh token", () => {
  it("gives the next one, under the same credential, recorded as IBM records it", async () => {
    const first = await app.login(app.first.apiKey, "bx");
    const next = await refreshed(first.refreshToken!);
    expect(decodeJwt(next.accessToken.reveal())).toMatchObject({
      grant_type: "refresh_token",
      client_id: "bx",
      keytrail_credential: first.apikeyId,
    });
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-identity.user-refreshtoken.login",
      outcome: "success",
      initiator: { name: app.first.administrator.email },
      requestData: { client_id: "bx", grant_type: "refresh_token" },
      responseData: { apikeyId: first.apikeyId },
    });
    await refreshed(next.refreshToken!);
  });

  it("that comes twice ends its session, and the account hears of it", async () => {
    const first = await app.login(app.first.apiKey, "bx");
    const next = await refreshed(first.refreshToken!);
    expect(await notRefreshed(first.refreshToken!)).toBe(
      "The refresh token has been used before: its session ends.",
    );
    expect(app.parts.events().at(-2)).toMatchObject({
      operation: "refreshtoken.login",
      outcome: "failure",
      account: "operator",
    });
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "session.end",
      outcome: "success",
      severity: "critical",
      account: app.first.account.id,
      initiator: { id: "keytrail-sessions" },
      target: { name: app.first.administrator.email },
      requestData: { because: "refresh-token-replayed" },
      responseData: { apikeyId: first.apikeyId },
    });
    expect(await notRefreshed(next.refreshToken!)).toBe("The refresh token is not known.");
    expect((await app.login(app.first.apiKey, "bx")).refreshToken).not.toBeNull();
  });

  it("that comes twice ends its session by whatever client it comes", async () => {
    const first = await app.login(app.first.apiKey, "bx");
    const next = await refreshed(first.refreshToken!);
    expect(await notRefreshed(first.refreshToken!, "HOP55v1CCT")).toContain("used before");
    expect(await notRefreshed(next.refreshToken!)).toBe("The refresh token is not known.");
    expect((await app.authenticated(next.accessToken)).kind).toBe("anonymous");
  });

  it("is good for the client it was given to only, and not used up by another", async () => {
    const { refreshToken } = await app.login(app.first.apiKey, "bx");
    expect(await notRefreshed(refreshToken!, "HOP55v1CCT")).toBe(
      "The refresh token was issued to another client.",
    );
    expect((await refreshed(refreshToken!)).expiresInS).toBe(3_600);
  });

  it("is not taken from the default client, which is never given one", async () => {
    const { refreshToken } = await app.login(app.first.apiKey, "bx");
    const input = {
      client_id: "default",
      grant_type: REFRESH_GRANT,
      refreshToken: refreshToken!,
    } as const;
    expect(await app.refused(openSession, NOBODY, input)).toContain("issued to another client");
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "refreshtoken.login",
      account: "operator",
    });
    expect((await refreshed(refreshToken!)).expiresInS).toBe(3_600);
  });

  it("is for its own account, whichever is asked for, and is not used up by asking", async () => {
    const { refreshToken } = await app.login(app.first.apiKey, "bx");
    const input = {
      client_id: "bx",
      grant_type: REFRESH_GRANT,
      refreshToken: refreshToken!,
    } as const;
    const other = { ...input, account: "f".repeat(32) };
    expect(await app.refused(openSession, NOBODY, other)).toContain("belongs to another account");
    const { account } = app.first;
    expect(
      (await app.done(openSession, NOBODY, { ...input, account: account.id })).session,
    ).toBeDefined();
  });

  it("ends after three days, and with its API key", async () => {
    const key = await serviceKey();
    const { refreshToken } = await app.login(key.value, "bx");
    const late = await app.login(key.value, "bx");
    await app.done(deleteApiKey, await app.administrator(), { id: key.id });
    expect(await notRefreshed(refreshToken!)).toBe("The refresh token is not known.");
    expect(await notRefreshed(late.refreshToken!)).toBe("The refresh token is not known.");
    const own = await app.login(app.first.apiKey, "bx");
    app.parts.clock.advance(REFRESH_TOKEN_LIFETIME_MS);
    expect(await notRefreshed(own.refreshToken!)).toBe("The refresh token has expired.");
  });

  it("is dropped once it has expired, when somebody logs in", async () => {
    const { refreshToken } = await app.login(app.first.apiKey, "bx");
    app.parts.clock.advance(REFRESH_TOKEN_LIFETIME_MS + 1);
    await app.login(app.first.apiKey, "bx");
    expect(await notRefreshed(refreshToken!)).toBe("The refresh token is not known.");
    expect(app.parts.database.get("SELECT count(*) AS n FROM refresh_tokens")).toEqual({ n: 1 });
  });
});
