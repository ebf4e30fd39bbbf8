import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PUBLIC_ACCESS_GROUP, type AccessGroup, type Member } from "../../identity/access-group.ts";
import type { GroupOrder, GroupQuery, MemberQuery } from "../../identity/group-store.ts";
import { Database } from "./database.ts";
import { stateMigrations } from "./migrations.ts";
import { identitySchema } from "./identity-schema.ts";
import { secretsSchema } from "./secrets-schema.ts";
import { identityStores } from "./identity-stores.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const ADA = "IBMid-0000000000000ADA";
const BOB = "IBMid-0000000000000BOB";
const CI = "iam-ServiceId-4f4a3d4f-8f1c-4ad2-9a57-8a2e8d6b0c11";
const ALL = { offset: 0, limit: 100 };

let db: Database;
let stores: ReturnType<typeof identityStores>;

beforeEach(async () => {
  db = Database.open(":memory:", [identitySchema, secretsSchema], stateMigrations);
  stores = identityStores(db);
  await stores.identity.putAccount({ id: ACCOUNT, name: "Test", createdAt: 1, isHandedOver: true });
  await putGroup("a", { name: "Zebra", description: "Stripes", createdAt: 2 });
  await putGroup("b", { name: "Ärger", description: "none", createdAt: 3 });
  await putGroup("c", { name: "apple", description: "striped", createdAt: 4 });
});
afterEach(() => db.close());

async function putGroup(id: string, changes: Partial<AccessGroup>): Promise<void> {
  const origin = { createdAt: 2, createdBy: "", modifiedAt: 2, modifiedBy: "", entityTag: "1-x" };
  const group = { id, account: ACCOUNT, name: id, description: "", ...origin };
  await stores.groups.putGroup({ ...group, ...changes });
}

const member = (iamId: string, changes: Partial<Member> = {}): Member => ({
  account: ACCOUNT,
  group: "a",
  iamId,
  kind: "user",
  rule: null,
  expiresAt: null,
  createdAt: 10,
  createdBy: "",
  ...changes,
});

async function groups(query: Partial<GroupQuery>): Promise<readonly string[]> {
  const whole = { hidesPublicAccess: true, now: 100, ...query };
  const { items, totalCount } = await stores.groups.groups(ACCOUNT, whole, ALL);
  expect(totalCount).toBe(items.length);
  return items.map(({ id }) => id);
}

async function members(query: Partial<MemberQuery> = {}): Promise<readonly string[]> {
  const of = { account: ACCOUNT, group: "a" };
  const { items } = await stores.groups.members(of, { now: 100, ...query }, ALL);
  return items.map(({ iamId }) => iamId);
}

describe("groups", () => {
  it("are found by part of a name or of a description, or by all of an id", async () => {
    expect(await groups({ search: { in: "name", text: "ÄR" } })).toEqual(["b"]);
    expect(await groups({ search: { in: "description", text: "STRIPE" } })).toEqual(["a", "c"]);
    expect(await groups({ search: { in: "id", text: "b" } })).toEqual(["b"]);
    expect(await groups({ search: { in: "name", text: "%" } })).toEqual([]);
  });

  it.each(["zebra", "ZEBRA ", " Zebra", "Ze\u200bbra", "Ｚｅｂｒａ"])(
    "are found by a name that looks the same: %j",
    async (name) => {
      expect((await stores.groups.groupByName(ACCOUNT, name))?.id).toBe("a");
    },
  );

  it("come in the order of creation, or as they are asked for", async () => {
    await stores.groups.putRule({
      id: "rule",
      account: ACCOUNT,
      group: "b",
      name: "",
      realm: "idp",
      expirationHours: 1,
      conditions: [],
      entityTag: "1-x",
      createdAt: 5,
      createdBy: "",
      modifiedAt: 5,
      modifiedBy: "",
    });
    const orders: Readonly<Partial<Record<GroupOrder, readonly string[]>>> = {
      createdAt: ["a", "b", "c"],
      "-createdAt": ["c", "b", "a"],
      "-id": ["c", "b", "a"],
      name: ["c", "a", "b"],
      "-name": ["b", "a", "c"],
      description: ["b", "c", "a"],
      "-isFederated": ["b", "a", "c"],
    };
    expect(await groups({})).toEqual(["a", "b", "c"]);
    for (const [sort, expected] of Object.entries(orders)) {
      expect([sort, await groups({ sort: sort as GroupOrder })]).toEqual([sort, expected]);
    }
  });

  it("of everyone are there, unless they are not asked for", async () => {
    expect(await groups({ hidesPublicAccess: false })).toContain(PUBLIC_ACCESS_GROUP);
  });

  it("of a member are those of memberships in force, of the kind that is asked for", async () => {
    await stores.groups.putMember(member(ADA));
    await stores.groups.putMember(member(ADA, { group: "b", rule: "r", expiresAt: 101 }));
    await stores.groups.putMember(member(ADA, { group: "c", rule: "r", expiresAt: 100 }));
    expect(await groups({ memberIamId: ADA })).toEqual(["a", "b"]);
    expect(await groups({ memberIamId: ADA, membership: "static" })).toEqual(["a"]);
    expect(await groups({ memberIamId: ADA, membership: "dynamic" })).toEqual(["b"]);
    expect(await groups({ memberIamId: BOB })).toEqual([]);
  });
});

describe("members", () => {
  beforeEach(async () => {
    const origin = { account: ACCOUNT, createdAt: 2, createdBy: "" };
    const user = {
      kind: "user",
      state: "active",
      isOwner: false,
      realm: "IBMid",
      sessionsSince: 0,
    } as const;
    const [ada, bob] = ["ada@example.com", "bob@example.com"];
    await stores.identity.putUser({ ...origin, ...user, iamId: ADA, email: ada, name: "zoe" });
    await stores.identity.putUser({ ...origin, ...user, iamId: BOB, email: bob, name: "Bob" });
    await stores.identity.putServiceId({
      ...origin,
      kind: "serviceid",
      id: CI.slice("iam-".length),
      iamId: CI,
      name: "ci",
      description: "",
      uniqueInstanceCrns: [],
      locked: false,
      entityTag: "1-x",
      modifiedAt: 2,
    });
    await stores.groups.putMember(member(CI, { kind: "service", createdAt: 11 }));
    await stores.groups.putMember(member(ADA, { createdAt: 12 }));
    await stores.groups.putMember(member(BOB, { createdAt: 13, rule: "r", expiresAt: 101 }));
  });

  it("come in the order in which they began, or as they are asked for", async () => {
    expect(await members()).toEqual([CI, ADA, BOB]);
    expect(await members({ sort: "name" })).toEqual([BOB, CI, ADA]);
    expect(await members({ sort: "-name" })).toEqual([ADA, CI, BOB]);
    expect(await members({ sort: "-email" })).toEqual([BOB, ADA, CI]);
    expect(await members({ sort: "id" })).toEqual([ADA, BOB, CI]);
  });

  it("are those in force, of the kind that is asked for", async () => {
    expect(await members({ kind: "service" })).toEqual([CI]);
    expect(await members({ membership: "dynamic" })).toEqual([BOB]);
    expect(await members({ membership: "dynamic", now: 101 })).toEqual([]);
    expect(await members({ membership: "static", kind: "user" })).toEqual([ADA]);
  });

  it("go with the rule that gave the membership, and not those by hand", async () => {
    await stores.groups.putMember(member(ADA, { rule: "r", expiresAt: 101 }));
    await stores.groups.deleteRule(ACCOUNT, "a", "r");
    expect(await members()).toEqual([CI, ADA]);
    await stores.groups.deleteMember(ACCOUNT, "a", ADA);
    expect(await members()).toEqual([CI]);
  });
});
