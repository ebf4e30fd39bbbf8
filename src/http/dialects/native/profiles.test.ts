import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProfileLink } from "../../../app/profiles/links.ts";
import { addProfileIdentity } from "../../../app/profiles/identities.ts";
import { createProfile } from "../../../app/profiles/profiles.ts";
import { createProfileRule } from "../../../app/profiles/rules.ts";
import { IdentityServer, type Answered } from "../../testing/identity-server.ts";
import { profileRoutes } from "./profiles.ts";

const CRN = "crn:v1:bluemix:public:is:us-south:a/1::instance:2";

let wire: IdentityServer;
let authorization: string;
let id: string;
let identifier: string;
beforeAll(async () => {
  wire = await IdentityServer.open();
  const { app } = wire;
  const admin = await app.administrator();
  authorization = `Bearer ${(await app.login(app.first.apiKey)).accessToken.reveal()}`;
  ({ id } = await app.done(createProfile, admin, { name: "on-duty" }));
  app.parts.clock.advance(1);
  await app.done(createProfile, admin, { name: "other" });
  identifier = app.first.administrator.iamId;
  await app.done(addProfileIdentity, admin, { id, identityType: "user", identifier });
  await app.done(createProfileLink, admin, { id, link: { crType: "VSI", crn: CRN } });
  await app.done(createProfileRule, admin, {
    id,
    type: "Profile-SAML",
    realm_name: "https://idp.example.com",
    expiration: 900,
    conditions: [{ claim: "groups", operator: "IN", value: '["a","b"]' }],
  });
});
afterAll(() => wire.close());

const get = (path: string): Promise<Answered> =>
  wire.send({ method: "GET", url: `/trail/v1/profiles${path}`, authorization });

/** The answer, held to what the route's document promises of it. */
async function promised(operationId: string, path: string): Promise<unknown> {
  const { body, status } = await get(path);
  expect(status).toBe(200);
  const found = profileRoutes.find(({ document }) => document.operationId === operationId);
  const shape = found?.document.answer.content["application/json"];
  return typeof shape === "object" ? shape.parse(body) : null;
}

describe("trusted profiles", () => {
  it("are listed, found by their name, and looked at, as the document says", async () => {
    expect(await promised("listProfiles", "?limit=1")).toMatchObject({
      profiles: [{ name: "on-duty" }],
      total_count: 2,
    });
    expect(await promised("listProfiles", "?name=other")).toMatchObject({ total_count: 1 });
    expect(await promised("readProfile", `/${id}`)).toMatchObject({ id, iam_id: `iam-${id}` });
    expect(wire.app.parts.lastEvent()).toMatchObject({
      operation: "profile.read",
      dialect: "native",
      target: { name: "on-duty" },
    });
  });

  it("show whom they trust", async () => {
    expect(await promised("listProfileIdentities", `/${id}/identities`)).toMatchObject({
      identities: [{ type: "user", identifier }],
      total_count: 1,
    });
    expect(await promised("listProfileRules", `/${id}/rules`)).toMatchObject({
      rules: [{ type: "Profile-SAML", realm: "https://idp.example.com", expiration: 900 }],
    });
    expect(await promised("listProfileLinks", `/${id}/links`)).toMatchObject({
      links: [{ cr_type: "VSI", crn: CRN, cross_account: false }],
    });
  });

  it("are not looked for by what is no id of one, which is not recorded either", async () => {
    for (const path of ["/pasted-secret", "/pasted-secret/rules", "?pasted-secret=1"]) {
      const { status, body } = await get(path);
      expect(status).toBe(400);
      expect(JSON.stringify(body)).not.toContain("pasted-secret");
      expect(JSON.stringify(wire.app.parts.lastEvent())).not.toContain("pasted-secret");
    }
    const none = "/Profile-00000000-0000-4000-8000-000000000000/links";
    expect((await get(none)).status).toBe(404);
  });
});
