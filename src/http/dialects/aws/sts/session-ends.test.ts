/** When sessions by access keys end before, or with, what they come out of. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { updateAccountSettings } from "../../../../app/identity/account-settings.ts";
import { createApiKey } from "../../../../app/identity/api-keys.ts";
import { addProfileIdentity } from "../../../../app/profiles/identities.ts";
import { createProfile } from "../../../../app/profiles/profiles.ts";
import { SCHEDULE } from "../../../../app/testing/test-app.ts";
import { crnOfPrincipal } from "../../../../identity/trust-principal.ts";
import { toRfc3339 } from "../../../../kernel/clock.ts";
import type { AwsServer, AwsUser } from "../testing/aws-server.ts";
import { credentialsIn, of, StsCaller } from "./testing/sts-caller.ts";

let sts: StsCaller;
let server: AwsServer;
let ada: AwsUser;
beforeEach(async () => {
  sts = await StsCaller.open();
  ({ server, ada } = sts);
  const { app } = server.http;
  const first = await app.done(createProfile, SCHEDULE, { name: "first" });
  const user = { identityType: "user", identifier: ada.user.iamId } as const;
  await app.done(addProfileIdentity, SCHEDULE, { id: first.id, ...user });
  const second = await app.done(createProfile, SCHEDULE, { name: "second", maxSessionS: 7_200 });
  const { account, iamId } = first;
  const identifier = crnOfPrincipal({ kind: "profile", account, iamId });
  const role = { identityType: "crn", identifier } as const;
  await app.done(addProfileIdentity, SCHEDULE, { id: second.id, ...role });
});
afterEach(() => sts.close());

describe("a session that came out of another", () => {
  it("lasts an hour at most where a role went on to a role that would last longer", async () => {
    const one = credentialsIn(await sts.assume(ada, "first"));
    const long = await sts.assume(one, "second", { DurationSeconds: 3_601 });
    expect([long.error, of(long, "Message")]).toEqual([
      "ValidationError",
      expect.stringContaining("role chaining"),
    ]);
    expect((await sts.assume(one, "second", { DurationSeconds: 3_600 })).status).toBe(200);
  });

  it("ends with it, as the oldest does where an identity may have no more", async () => {
    await server.http.app.done(updateAccountSettings, SCHEDULE, {
      changes: { maxSessionsPerIdentity: 2 },
      ifMatch: "*",
    });
    const one = credentialsIn(await sts.assume(ada, "first"));
    server.app.clock.advance(1_000);
    const two = credentialsIn(await sts.assume(one, "second"));
    expect(await sts.whoIs(two)).toBe(sts.named("sts:assumed-role/second/work"));
    const third = credentialsIn(await sts.call(ada, "GetSessionToken"));
    expect([await sts.whoIs(one), await sts.whoIs(two)]).toEqual(["ExpiredToken", "ExpiredToken"]);
    expect(await sts.whoIs(third)).toMatch(/^arn/);
  });
});

describe("a session of a key that expires", () => {
  it("is over when the key is, and says so from the beginning", async () => {
    const { clock } = server.app;
    const expiresAt = toRfc3339(clock.now() + 600_000);
    const asked = { iamId: ada.user.iamId, form: "access-key", expiresAt } as const;
    const { accessKeyId, value } = await server.http.app.done(createApiKey, SCHEDULE, asked);
    const key = { accessKeyId: accessKeyId ?? "", secretAccessKey: value.reveal() };
    const answered = await sts.call(key, "GetSessionToken");
    expect(Date.parse(of(answered, "Expiration"))).toBe(Date.parse(expiresAt));
    const session = credentialsIn(answered);
    expect(await sts.whoIs(session)).toMatch(/^arn/);
    clock.advance(600_000);
    expect([await sts.whoIs(session), await sts.whoIs(key)]).toEqual([
      "ExpiredToken",
      "InvalidClientTokenId",
    ]);
  });
});
