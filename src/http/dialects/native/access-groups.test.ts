import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAccessGroup } from "../../../app/groups/access-groups.ts";
import { addMembers } from "../../../app/groups/add-members.ts";
import type { TestUser } from "../../../app/identity/testing/identity-app.ts";
import { PUBLIC_ACCESS_GROUP } from "../../../identity/access-group.ts";
import { IdentityServer, type Answered } from "../../testing/identity-server.ts";
import { accessGroupRoutes } from "./access-groups.ts";

let wire: IdentityServer;
let authorization: string;
let ada: TestUser;
let id: string;
beforeAll(async () => {
  wire = await IdentityServer.open();
  const { app } = wire;
  authorization = `Bearer ${(await app.login(app.first.apiKey)).accessToken.reveal()}`;
  const admin = await app.administrator();
  ada = await app.user("ada@example.com");
  app.parts.clock.advance(1);
  ({ id } = await app.done(createAccessGroup, admin, { name: "Developers" }));
  await app.done(addMembers, admin, { id, members: [{ iam_id: ada.user.iamId }] });
});
afterAll(() => wire.close());

const get = (path: string): Promise<Answered> =>
  wire.send({ method: "GET", url: `/trail/v1/access-groups${path}`, authorization });

/** The body, if it is what the route's document promises. */
function promised(operationId: string, { status, body }: Answered): unknown {
  const found = accessGroupRoutes.find(({ document }) => document.operationId === operationId);
  const shape = found?.document.answer.content["application/json"];
  expect(status).toBe(200);
  return typeof shape === "object" ? shape.parse(body) : null;
}

describe("the native wire of access groups", () => {
  it("lists them all, or those of one member", async () => {
    expect(promised("listAccessGroups", await get(""))).toMatchObject({
      access_groups: [{ id: PUBLIC_ACCESS_GROUP }, { id, name: "Developers", is_federated: false }],
      total_count: 2,
      offset: 0,
      limit: 100,
    });
    const hers = await get(`?iam_id=${ada.user.iamId}`);
    expect(promised("listAccessGroups", hers)).toMatchObject({ access_groups: [{ id }] });
  });

  it("shows one, with its members by name", async () => {
    expect(promised("readAccessGroup", await get(`/${id}`))).toMatchObject({ id, description: "" });
    expect(promised("listAccessGroupMembers", await get(`/${id}/members`))).toMatchObject({
      members: [
        { iam_id: ada.user.iamId, type: "user", email: "ada@example.com", expires_at: null },
      ],
      total_count: 1,
    });
    expect(wire.app.parts.lastEvent()).toMatchObject({
      operation: "access-group-member.list",
      target: { name: "Developers" },
    });
  });

  it("never repeats what is no id", async () => {
    for (const path of ["/kt_key", "/kt_key/members", "?iam_id=kt_key"]) {
      const answer = await get(path);
      expect(answer.status).toBe(400);
      const told = JSON.stringify([answer.body, wire.app.parts.lastEvent()]);
      expect(told).not.toContain("kt_key");
    }
  });
});
