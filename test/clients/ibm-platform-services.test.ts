/** IBM's own platform SDK, unmodified: its authenticator gets tokens here, and its errors say what is wrong. */
import IamIdentityV1 from "@ibm-cloud/platform-services/iam-identity/v1.js";
import { IamAuthenticator } from "ibm-cloud-sdk-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder } from "../e2e/running-server.ts";

let folder: string;
let server: RunningServer;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
});

afterAll(async () => {
  await server.kill();
  removeFolder(folder);
});

function identityWith(apikey: string): IamIdentityV1 {
  const authenticator = new IamAuthenticator({ apikey, url: server.url });
  return new IamIdentityV1({ authenticator, serviceUrl: server.url });
}

async function errorOf(call: Promise<unknown>): Promise<{ status: number; message: string }> {
  try {
    await call;
  } catch (error) {
    return error as { status: number; message: string };
  }
  throw new Error("the call was answered");
}

describe("IBM's platform SDK", () => {
  it("gets a token with a real key, and is told in its own terms what is not served", async () => {
    const identity = identityWith(server.bootstrap.api_key);
    const request = { headers: {} as Record<string, string> };
    await identity.getAuthenticator().authenticate(request);
    expect(request.headers["Authorization"]).toMatch(/^Bearer eyJ/);
    const read = await fetch(`${server.url}/api/v2/secrets`, request);
    expect(read.status).toBe(200);
    const accountId = server.bootstrap.account_id;
    const error = await errorOf(identity.listServiceIdGroup({ accountId }));
    expect(error.status).toBe(404);
  });

  it("says that access is denied with a key that is none", async () => {
    const error = await errorOf(identityWith("not-a-key").listApiKeys({}));
    expect(error).toMatchObject({ status: 400 });
    expect(error.message).toMatch(/denied|API key/);
  });
});
