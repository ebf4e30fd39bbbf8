/** What a session's policy does not allow it has by no other operation: rights that a call turns out to need besides. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crn } from "../../audit/crn.ts";
import { accountPlace } from "../../identity/account.ts";
import type { Identity } from "../call.ts";
import { createSecret } from "../secrets/create-secret.ts";
import {
  iamSecret,
  openMintingApp,
  serviceSecret,
  type MintingApp,
} from "../secrets/testing/minting.ts";
import { ACCOUNT } from "../testing/test-app.ts";
import { createApiKey } from "./api-keys.ts";
import { createServiceId } from "./service-ids.ts";
import { createUser } from "./users.ts";

let minting: MintingApp;
let administrator: Identity;
beforeEach(async () => {
  minting = await openMintingApp({ roles: ["Administrator"] });
  administrator = (await minting.app.callerWith(["Administrator", "Manager"])) as Identity;
});
afterEach(() => minting.app.close());

/** Of the administrator, who may do all of it. */
function session(...statements: readonly object[]): Identity {
  const bounds = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  return {
    ...administrator,
    bounds,
    signedBy: { accessKeyId: "ASIATEST", kind: "federated", sessionName: "eve" },
  };
}

const allow = (...Action: readonly string[]) => ({ Effect: "Allow", Action, Resource: "*" });
const deny = (Action: string, Resource = "*") => ({ Effect: "Deny", Action, Resource });
const forbidden = { code: "forbidden" };

describe("a bounded session", () => {
  it("makes a key with a service ID only if it may make keys", async () => {
    const { app } = minting;
    const asked = { name: "bot", apiKey: { name: "key" } };
    for (const bounds of [
      [allow("iam:CreateServiceId")],
      [allow("*"), deny("iam:CreateAccessKey", `arn:aws:iam::*:user/service-id/other`)],
    ]) {
      const refused = await app.refused(createServiceId, session(...bounds), asked);
      expect(refused).toMatchObject(forbidden);
    }
    const may = session(allow("iam:CreateServiceId", "iam:CreateAccessKey"));
    await app.done(createServiceId, may, asked);
    await app.done(createServiceId, session(allow("iam:CreateServiceId")), { name: "bare" });
  });

  it("makes a key of another user only if it may change those", async () => {
    const { app } = minting;
    const asked = { email: "ada@example.com", name: "Ada" };
    const { iamId } = await app.done(createUser, administrator, asked);
    const key = { iamId, name: "key" };
    const mayMake = session(allow("iam:CreateAccessKey"));
    expect(await app.refused(createApiKey, mayMake, key)).toMatchObject(forbidden);
    const mayChange = session(allow("iam:CreateAccessKey", "iam:UpdateAccessKey"));
    await app.done(createApiKey, mayChange, key);
  });

  it("has no credentials minted that may do more than it", async () => {
    const { app } = minting;
    const making = allow("secretsmanager:CreateSecret");
    const bot = await minting.serviceId("bot");
    const place = accountPlace(ACCOUNT);
    const serviceid_crn = crn("iam-identity", place, { kind: "serviceid", id: bot.id });
    const ofServiceId = serviceSecret("bound", "Reader", { parameters: { serviceid_crn } });
    for (const asked of [
      iamSecret("static", { serviceId: bot.id }),
      ofServiceId,
      serviceSecret("writer", "Writer"),
    ]) {
      expect(await app.refused(createSecret, session(making), asked)).toMatchObject(forbidden);
      const { name: _, ...rest } = asked;
      await app.done(createSecret, session(allow("*")), { ...rest, name: `${asked.name}-wide` });
    }
    const kept = "arn:aws:secretsmanager:*:*:secret:prod/*";
    const some = session(
      allow("*"),
      deny("secretsmanager:GetSecretValue", kept),
      deny("secretsmanager:CreateConfiguration"),
    );
    const writer = serviceSecret("around", "Writer");
    expect(await app.refused(createSecret, some, writer)).toMatchObject(forbidden);
  });

  it("has none with the rights of access groups, unless it may make secrets wherever it is", async () => {
    const { app, group } = minting;
    const named = "arn:aws:secretsmanager:*:*:secret:of-groups-*";
    const one = session({ ...allow("secretsmanager:*"), Resource: named });
    const asked = iamSecret("of-groups", { accessGroups: [group] });
    expect(await app.refused(createSecret, one, asked)).toMatchObject(forbidden);
    await app.done(createSecret, session(allow("secretsmanager:CreateSecret")), asked);
  });
});
