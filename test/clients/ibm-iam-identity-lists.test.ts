/** IBM's own SDK of IAM Identity, unmodified: lists page by page, and what callers without a role see and may do. */
import IamIdentityV1 from "@ibm-cloud/platform-services/iam-identity/v1.js";
import { NoAuthAuthenticator } from "ibm-cloud-sdk-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf, identityAt, openIamWire, pages, tokenIn, type IamWire } from "./iam-identity.ts";

let wire: IamWire["wire"];
let url: string;
let accountId: string;
let adminId: string;
let iam: IamWire["iam"];
let last: IamWire["last"];

beforeAll(async () => {
  ({ wire, url, accountId, adminId, iam, last } = await openIamWire());
});
afterAll(() => wire.close());

describe("lists", () => {
  it("of API keys go on where they were, though keys are deleted meanwhile", async () => {
    const { result: owner } = await iam.createServiceId({ accountId, name: "lister" });
    for (const name of ["e", "d", "c", "b", "a"]) {
      wire.app.parts.clock.advance(1);
      await iam.createApiKey({ name, iamId: owner.iam_id });
    }
    const asked = { accountId, iamId: owner.iam_id, pagesize: 2, sort: "name" };
    const { result: first } = await iam.listApiKeys(asked);
    expect(first).toMatchObject({ offset: 0, limit: 2, apikeys: [{ name: "a" }, { name: "b" }] });
    expect([first.previous, first.first?.startsWith(`${url}/v1/apikeys?`)]).toEqual([
      undefined,
      true,
    ]);
    for (const { id } of first.apikeys) await iam.deleteApiKey({ id });
    const { result: second } = await iam.listApiKeys({ ...asked, pagetoken: tokenIn(first.next) });
    expect(second).toMatchObject({ offset: 2, apikeys: [{ name: "c" }, { name: "d" }] });
    // Nothing but the token: the list is still the one it was.
    const { result: third } = await iam.listApiKeys({ pagetoken: tokenIn(second.next) });
    expect([third.apikeys.map(({ name }) => name), third.next]).toEqual([["e"], undefined]);
    const { result: back } = await iam.listApiKeys({ pagetoken: tokenIn(third.previous) });
    expect(back.apikeys.map(({ name }) => name)).toEqual(["c", "d"]);
  });

  it("of service IDs are found by name and gone through in any order", async () => {
    for (const description of ["3", "1", "2"]) {
      await iam.createServiceId({ accountId, name: "twin", description });
    }
    const all = await pages((paging) =>
      iam.listServiceIds({
        accountId,
        name: "twin",
        pagesize: 1,
        sort: "description",
        order: "desc",
        ...paging,
      }),
    );
    expect(all.flatMap(({ serviceids }) => serviceids.map((one) => one.description))).toEqual([
      "3",
      "2",
      "1",
    ]);
    expect(last()).toMatchObject({
      operation: "serviceid.list",
      requestData: { name: "twin" },
      responseData: { totalCount: 3 },
    });
  });

  it("show the caller's own keys, those of the account, or those of one kind", async () => {
    const idsOf = async (asked: object): Promise<ReadonlySet<string>> => {
      const all = await pages((paging) =>
        iam.listApiKeys({
          accountId,
          pagesize: 100,
          ...asked,
          ...paging,
        }),
      );
      return new Set(all.flatMap(({ apikeys }) => apikeys.map((key) => key.iam_id.slice(0, 5))));
    };
    expect(await idsOf({})).toEqual(new Set(["IBMid"]));
    expect(await idsOf({ scope: "account" })).toEqual(new Set(["IBMid", "iam-S"]));
    expect(await idsOf({ scope: "account", type: "serviceid" })).toEqual(new Set(["iam-S"]));
    expect(await idsOf({ scope: "account", type: "user" })).toEqual(new Set(["IBMid"]));
  });

  it.each([
    [{ pagetoken: "made-up" }, "pagetoken"],
    [{ pagetoken: Buffer.from('{"asked":{}}').toString("base64url") }, "pagetoken"],
    [{ pagesize: 0 }, "pagesize"],
    [{ pagesize: 101 }, "pagesize"],
    [{ sort: "apikey" }, "sort"],
    [{ scope: "world" }, "scope"],
    [{ filter: "name eq x" }, "not known"],
    [{ accountId: "f".repeat(32) }, "no such account"],
  ])("are not given for %j", async (given, words) => {
    const error = await errorOf(iam.listApiKeys({ accountId, ...given }));
    expect([400, 404]).toContain(error.status);
    expect(error.message).toContain(words);
  });

  it("take a page token for nothing but the list that it was given for", async () => {
    const asked = { accountId, pagesize: 1, scope: "account", type: "serviceid" };
    const { result } = await iam.listApiKeys(asked);
    const pagetoken = tokenIn(result.next);
    const error = await errorOf(iam.listApiKeys({ ...asked, type: "user", pagetoken }));
    expect([error.status, error.message]).toEqual([400, expect.stringContaining("pagetoken")]);
  });
});

describe("a user without a role", () => {
  it("looks after its own keys, and sees no others", async () => {
    const { user, key } = await wire.app.user("ada@example.com");
    const own = identityAt(url, key.value.reveal());
    wire.app.parts.clock.advance(1);
    const { result: made } = await own.createApiKey({ name: "second", iamId: user.iamId });
    const { result: others } = await iam.listApiKeys({ accountId });
    await own.updateApiKey({ id: made.id, ifMatch: "*", name: "renamed" });
    for (const scope of ["entity", "account"]) {
      const { result } = await own.listApiKeys({ accountId, scope });
      expect(result.apikeys.map(({ name }) => name)).toEqual(["key", "renamed"]);
    }
    expect((await own.deleteApiKey({ id: made.id })).status).toBe(204);
    const refused = [
      own.listApiKeys({ accountId, iamId: adminId }),
      own.createApiKey({ name: "his", iamId: adminId }),
      own.createServiceId({ accountId, name: "mine" }),
      own.getAccountSettings({ accountId }),
      own.getApiKey({ id: others.apikeys[0]?.id ?? "" }),
      own.getApiKey({ id: made.id }),
    ];
    for (const call of refused) expect((await errorOf(call)).status).toBe(403);
  });

  it("makes keys and service IDs as the account's settings let it", async () => {
    const { user, key } = await wire.app.user("bob@example.com");
    const own = identityAt(url, key.value.reveal());
    await iam.updateAccountSettings({
      accountId,
      ifMatch: "*",
      restrictCreateServiceId: "NOT_RESTRICTED",
      restrictCreatePlatformApikey: "RESTRICTED",
    });
    expect((await own.createServiceId({ accountId, name: "bobs" })).status).toBe(201);
    const withKey = own.createServiceId({ accountId, name: "bobs", apikey: { name: "key" } });
    expect((await errorOf(withKey)).status).toBe(403);
    const another = own.createApiKey({ name: "another", iamId: user.iamId });
    expect((await errorOf(another)).status).toBe(403);
    await iam.updateAccountSettings({
      accountId,
      ifMatch: "*",
      restrictCreateServiceId: "NOT_SET",
      restrictCreatePlatformApikey: "NOT_SET",
    });
    expect((await errorOf(own.createServiceId({ accountId, name: "bobs" }))).status).toBe(403);
  });
});

describe("whoever brings no credential", () => {
  it("is told so, and recorded", async () => {
    const authenticator = new NoAuthAuthenticator();
    const nobody = new IamIdentityV1({ authenticator, serviceUrl: url });
    expect((await errorOf(nobody.listApiKeys({ accountId }))).status).toBe(401);
    expect(last()).toMatchObject({
      operation: "apikey.list",
      outcome: "failure",
      account: accountId,
    });
  });
});
