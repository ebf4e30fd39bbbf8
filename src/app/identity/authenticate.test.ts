import { SignJWT, decodeJwt, generateKeyPair } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toRfc3339 } from "../../kernel/clock.ts";
import type { Anonymous } from "../call.ts";
import { createApiKey, deleteApiKey } from "./api-keys.ts";
import { deletePolicy, listPolicies } from "./policies.ts";
import { createServiceId, deleteServiceId } from "./service-ids.ts";
import { IdentityApp, START } from "./testing/identity-app.ts";
import { deleteUser, listUsers } from "./users.ts";

let app: IdentityApp;
beforeEach(async () => {
  app = await IdentityApp.open();
});
afterEach(() => app.close());

async function refusedAs(token: string): Promise<Anonymous> {
  const caller = await app.authenticated(token);
  if (caller.kind !== "anonymous") throw new Error("it was not refused");
  return caller;
}

describe("a request", () => {
  it("without a credential is nobody's, and not refused for it", async () => {
    expect(await app.whoSends(undefined)).toEqual({ kind: "anonymous", refusal: null });
  });

  it("with a token is its identity's, by the directory's present name", async () => {
    const { accessToken, apikeyId, session } = await app.login(app.first.apiKey);
    const { administrator, account } = app.first;
    expect(await app.authenticated(accessToken)).toEqual({
      kind: "identity",
      id: administrator.iamId,
      name: administrator.email,
      account: account.id,
      typeURI: "service/security/account/user",
      credentialType: "apikey",
      credentialId: apikeyId,
      session: { id: session, isKept: false },
      clientId: "default",
    });
    const lower = await app.whoSends(`bearer   ${accessToken.reveal()} `);
    expect(lower.kind).toBe("identity");
  });

  it("with another scheme, or with something after the token, is refused", async () => {
    const { accessToken } = await app.login(app.first.apiKey);
    const token = accessToken.reveal();
    for (const header of [
      "",
      "Bearer",
      "Basic Yng6Yng=",
      token,
      `Bearer ${token} ${token}`,
      `Bearer ${token},x`,
    ]) {
      const caller = await app.whoSends(header);
      expect(caller).toMatchObject({
        kind: "anonymous",
        refusal: { code: "unauthenticated" },
      });
      expect(caller).not.toHaveProperty("claimed");
    }
  });

  it("with an expired token is refused, and recorded under whom the token spoke of", async () => {
    const { accessToken } = await app.login(app.first.apiKey);
    expect((await app.authenticated(accessToken)).kind).toBe("identity");
    app.parts.clock.advance(3_600_000);
    const caller = await refusedAs(accessToken.reveal());
    expect(caller.refusal?.message).toBe("The access token has expired.");
    expect(caller.claimed).toEqual({
      id: app.first.administrator.iamId,
      typeURI: "service/security/account/user",
    });
    expect(await app.refused(listUsers, caller, {})).toBe(
      "unauthenticated: The access token has expired.",
    );
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "user.list",
      outcome: "failure",
      severity: "critical",
      initiator: { id: app.first.administrator.iamId, name: "" },
      reason: { reasonCode: 401 },
    });
  });

  it("with a forged token is refused, and speaks of nobody", async () => {
    const { accessToken } = await app.login(app.first.apiKey);
    const { privateKey } = await generateKeyPair("ES256");
    const forged = await new SignJWT(decodeJwt(accessToken.reveal()))
      .setProtectedHeader({ alg: "ES256", kid: app.tokens.publishedKeys().keys[0]!.kid! })
      .sign(privateKey);
    expect(await refusedAs(forged)).not.toHaveProperty("claimed");
  });
});

describe("a session", () => {
  it("ends in the moment its API key is deleted, though the token has not expired", async () => {
    const { key, caller } = await app.user("ada@example.com", ["Administrator"]);
    const { accessToken } = await app.login(key.value);
    expect((await app.authenticated(accessToken)).kind).toBe("identity");
    await app.done(deleteApiKey, await app.administrator(), { id: key.id });
    const refused = await refusedAs(accessToken.reveal());
    expect(refused.refusal?.message).toContain("no longer exists");
    expect(refused.claimed?.id).toBe(caller.kind === "identity" ? caller.id : "");
  });

  it("ends with its user, and with its service ID", async () => {
    const admin = await app.administrator();
    const { user, key } = await app.user("ada@example.com");
    const service = await app.done(createServiceId, admin, { name: "ci" });
    const serviceKey = await app.done(createApiKey, admin, { iamId: service.iamId, name: "key" });
    const tokens = await Promise.all([app.login(key.value), app.login(serviceKey.value)]);
    for (const { accessToken } of tokens) {
      expect((await app.authenticated(accessToken)).kind).toBe("identity");
    }
    await app.done(deleteUser, admin, { iamId: user.iamId });
    await app.done(deleteServiceId, admin, { id: service.id });
    for (const { accessToken } of tokens) await refusedAs(accessToken.reveal());
  });

  it("ends when its key expires, and with its token, however often it was asked before", async () => {
    const { user } = await app.user("ada@example.com");
    const expiresAt = toRfc3339(START + 600_000);
    const prototype = { iamId: user.iamId, name: "short", expiresAt };
    const short = await app.done(createApiKey, await app.administrator(), prototype);
    const tokens = [await app.login(short.value), await app.login(app.first.apiKey)];
    for (const afterMs of [600_000, 3_600_000]) {
      const token = tokens.shift()?.accessToken.reveal() ?? "";
      for (let n = 0; n < 3; n++) expect((await app.authenticated(token)).kind).toBe("identity");
      app.parts.clock.advance(afterMs - 1);
      for (let n = 0; n < 3; n++) expect((await app.authenticated(token)).kind).toBe("identity");
      app.parts.clock.advance(1);
      await refusedAs(token);
      app.parts.clock.advance(-afterMs);
    }
  });

  it("is suspended while its key or its user is disabled", async () => {
    const { key } = await app.user("ada@example.com");
    const token = (await app.login(key.value)).accessToken;
    for (const [off, on] of [
      ["UPDATE api_keys SET disabled = 1", "UPDATE api_keys SET disabled = 0"],
      ["UPDATE users SET state = 'disabled'", "UPDATE users SET state = 'active'"],
    ] as const) {
      app.parts.database.run(off);
      expect((await refusedAs(token.reveal())).refusal?.message).toContain("disabled");
      app.parts.database.run(on);
      expect((await app.authenticated(token)).kind).toBe("identity");
    }
  });

  it("ends when its API key expires, if that is before the token does", async () => {
    const admin = await app.administrator();
    const { iamId } = app.first.administrator;
    const expiresAt = app.parts.clock.now() + 60_000;
    const key = await app.done(createApiKey, admin, {
      iamId,
      name: "short",
      expiresAt: toRfc3339(expiresAt),
    });
    const token = (await app.login(key.value)).accessToken;
    app.parts.clock.set(expiresAt);
    expect((await refusedAs(token.reveal())).refusal?.message).toBe("The API key has expired.");
  });

  it("loses a right with the policy that gave it, at the next call", async () => {
    const { user, caller } = await app.user("ada@example.com", ["Administrator"]);
    const { policies } = await app.done(listPolicies, caller, { subject: user.iamId });
    await app.done(deletePolicy, await app.administrator(), { id: policies[0]!.id });
    expect(await app.refused(listPolicies, caller, {})).toMatch(/^forbidden: /);
  });

  it("is not brought back by a change that was rolled back", async () => {
    const { key } = await app.user("ada@example.com");
    const token = (await app.login(key.value)).accessToken;
    const { id } = app.first.account;
    const failing = app.parts.state.transact(async (tx) => {
      await tx.identity.deleteApiKey(id, key.id);
      // Remembered as gone, under a stamp that is about to be undone.
      expect(await tx.identity.credential(key.id)).toBeUndefined();
      throw new Error("undone");
    });
    await expect(failing).rejects.toThrow("undone");
    expect((await app.authenticated(token)).kind).toBe("identity");
    await app.parts.state.transact((tx) => tx.identity.deleteApiKey(id, key.id));
    await refusedAs(token.reveal());
  });
});
