/** IBM's own authenticators, unmodified, over a real socket: how they log in, keep a token, and report a refusal. */
import {
  BaseService,
  IamAuthenticator,
  IamTokenManager,
  BasicAuthenticator,
} from "ibm-cloud-sdk-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApiKey, deleteApiKey } from "../../src/app/identity/api-keys.ts";
import { createServiceId } from "../../src/app/identity/service-ids.ts";
import { IdentityServer } from "../../src/http/testing/identity-server.ts";
import { ManualClock } from "../../src/kernel/clock.ts";

let wire: IdentityServer;
let url: string;
let apikey: string;

beforeAll(async () => {
  // The SDK looks at its own clock to tell whether a token is still good.
  wire = await IdentityServer.open({ clock: new ManualClock(Date.now()) });
  url = await wire.server.listen({ host: "127.0.0.1", port: 0 });
  apikey = wire.app.first.apiKey.reveal();
});
afterAll(() => wire.close());

interface SdkError extends Error {
  readonly status: number;
  readonly result: { readonly errorCode: string; readonly errorDetails: string };
}

const errorOf = (promise: Promise<unknown>): Promise<SdkError> =>
  promise.then(
    () => Promise.reject(new Error("nothing was refused")),
    (error: SdkError) => error,
  );

const logins = (): number =>
  wire.app.parts.events().filter(({ operation }) => operation.endsWith(".login")).length;

/** A service of IBM's SDKs, as far as it is needed to send an authenticated request. */
const serviceWith = (authenticator: IamAuthenticator): BaseService =>
  new BaseService({ authenticator, serviceUrl: url });

const usersWith = (service: BaseService): Promise<{ status: number; result: unknown }> =>
  service["createRequest"]({
    options: { url: "/trail/v1/users", method: "GET", qs: {} },
    defaultOptions: { serviceUrl: url, headers: { Accept: "application/json" } },
  });

describe("IamAuthenticator", () => {
  it("logs in once for many requests, and is recorded under the SDK's own name", async () => {
    const before = logins();
    const service = serviceWith(new IamAuthenticator({ apikey, url }));
    for (let n = 0; n < 3; n++) {
      expect((await usersWith(service)).result).toMatchObject({ total_count: 1 });
    }
    expect(logins()).toBe(before + 1);
    expect(wire.app.parts.lastEvent()).toMatchObject({
      operation: "user.list",
      initiator: { name: "admin@keytrail.local", credential: { type: "apikey" } },
    });
    const login = wire.app.parts.events().findLast(({ operation }) => operation.endsWith(".login"));
    expect(login).toMatchObject({
      initiator: {
        host: { agent: expect.stringContaining("ibm-node-sdk-core/iam-authenticator") },
      },
      requestData: { client_id: "default" },
    });
  });

  it("takes the URL with or without the path of the token endpoint", async () => {
    const service = serviceWith(new IamAuthenticator({ apikey, url: `${url}/identity/token` }));
    expect((await usersWith(service)).status).toBe(200);
  });

  it("sends its client, which is recorded and gets a refresh token", async () => {
    const manager = new IamTokenManager({ apikey, url, clientId: "bx", clientSecret: "bx" });
    const token = await manager.getToken();
    expect(token.split(".")).toHaveLength(3);
    expect(wire.app.parts.lastEvent().requestData).toMatchObject({ client_id: "bx" });
    expect(manager.getRefreshToken()).toMatch(/^ktr_/);
  });

  it("reports an unknown API key by IBM's status, code and sentence", async () => {
    const service = serviceWith(new IamAuthenticator({ apikey: "not-a-key", url }));
    const error = await errorOf(usersWith(service));
    expect([error.status, error.message]).toEqual([400, "Provided API key could not be found."]);
    expect(error.result.errorCode).toBe("BXNIM0415E");
    expect(wire.app.parts.lastEvent()).toMatchObject({ outcome: "failure", account: "operator" });
  });

  it("is refused at the next request once its API key is deleted, with a token still in hand", async () => {
    const admin = await wire.app.administrator();
    const { iamId } = await wire.app.done(createServiceId, admin, { name: "ci" });
    const key = await wire.app.done(createApiKey, admin, { iamId, name: "key" });
    const service = serviceWith(new IamAuthenticator({ apikey: key.value.reveal(), url }));
    expect((await errorOf(usersWith(service))).status).toBe(403);
    await wire.app.done(deleteApiKey, admin, { id: key.id });
    expect((await errorOf(usersWith(service))).status).toBe(401);
    expect(wire.app.parts.lastEvent()).toMatchObject({
      operation: "user.list",
      outcome: "failure",
      initiator: { id: iamId, name: "" },
    });
  });
});

describe("another authenticator", () => {
  it("of a scheme that is not spoken here is refused, and recorded", async () => {
    const authenticator = new BasicAuthenticator({ username: "admin", password: "hunter2" });
    const service = new BaseService({ authenticator, serviceUrl: url });
    expect((await errorOf(usersWith(service))).status).toBe(401);
    expect(JSON.stringify(wire.app.parts.lastEvent())).not.toContain("hunter2");
  });
});
