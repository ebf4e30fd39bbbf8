import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServiceId } from "../../../../app/identity/service-ids.ts";
import { AwsServer } from "../testing/aws-server.ts";
import { iamWire, MANAGED, recorded, texts, type IamWire } from "../testing/iam-wire.ts";

let server: AwsServer;
let iam: IamWire;
beforeAll(async () => {
  server = await AwsServer.open();
  iam = iamWire(server);
});
afterAll(() => server.close());

describe("a user", () => {
  it("has a plain name, in the letters it was given, that nobody else has in any others", async () => {
    const made = await iam.done("CreateUser", { UserName: "Grace.H" });
    expect(texts(made, "UserName")).toEqual(["Grace.H"]);
    expect(texts(made, "Path")).toEqual(["/"]);
    expect(texts(made, "Arn")).toEqual([`arn:aws:iam::${server.account}:user/grace.h`]);
    expect(recorded(made)).toEqual([["iam.amazonaws.com", "CreateUser", undefined]]);
    expect(texts(await iam.done("GetUser", { UserName: "grace.h" }), "UserName")).toEqual([
      "Grace.H",
    ]);
    const again = await iam.call("CreateUser", { UserName: "GRACE.h" });
    expect([again.status, again.error]).toEqual([409, "EntityAlreadyExists"]);
    expect(recorded(again)).toEqual([["iam.amazonaws.com", "CreateUser", "EntityAlreadyExists"]]);
  });

  it("is the caller where none is named", async () => {
    const found = await iam.done("GetUser");
    expect(texts(found, "UserId")).toEqual([server.manager.user.iamId]);
  });

  it.each([
    [{ UserName: "a b" }, "ValidationError"],
    [{ UserName: "x".repeat(65) }, "ValidationError"],
    [{}, "ValidationError"],
    [{ UserName: "ok", Path: "/team/" }, "InvalidInput"],
    [{ UserName: "ok", Tags: [{ Key: "k", Value: "v" }] }, "InvalidInput"],
    [{ UserName: "ok", PermissionsBoundary: `${MANAGED}/ReadOnlyAccess` }, "InvalidInput"],
    [{ UserName: "ok", Nickname: "o" }, "ValidationError"],
  ])("is not made of %j", async (members, code) => {
    const refused = await iam.call("CreateUser", members);
    expect(refused.error).toBe(code);
    expect(refused.events).toHaveLength(1);
    expect((await iam.call("GetUser", { UserName: "ok" })).error).toBe("NoSuchEntity");
  });

  it("is renamed with its keys, and goes when what it shows is gone", async () => {
    await iam.done("CreateUser", { UserName: "before" });
    const key = await iam.done("CreateAccessKey", { UserName: "before" });
    const [AccessKeyId = ""] = texts(key, "AccessKeyId");
    const [secretAccessKey = ""] = texts(key, "SecretAccessKey");
    await iam.done("AttachUserPolicy", {
      UserName: "before",
      PolicyArn: `${MANAGED}/IAMReadOnlyAccess`,
    });
    await iam.done("UpdateUser", { UserName: "before", NewUserName: "After" });
    const as = { accessKeyId: AccessKeyId, secretAccessKey };
    expect(texts(await iam.call("GetUser", {}, { as }), "UserName")).toEqual(["After"]);
    expect((await iam.call("GetUser", { UserName: "before" })).error).toBe("NoSuchEntity");

    const first = await iam.call("DeleteUser", { UserName: "after" });
    expect([first.status, first.error]).toEqual([409, "DeleteConflict"]);
    expect(recorded(first)).toEqual([["iam.amazonaws.com", "DeleteUser", "DeleteConflict"]]);
    await iam.done("DeleteAccessKey", { UserName: "after", AccessKeyId });
    expect((await iam.call("GetUser", {}, { as })).error).toBe("InvalidClientTokenId");
    const second = await iam.call("DeleteUser", { UserName: "after" });
    expect(texts(second, "Message")[0]).toContain("detach all policies");
    await iam.done("DetachUserPolicy", {
      UserName: "after",
      PolicyArn: `${MANAGED}/IAMReadOnlyAccess`,
    });
    await iam.done("DeleteUser", { UserName: "after" });
    expect((await iam.call("GetUser", { UserName: "after" })).error).toBe("NoSuchEntity");
  });

  it("does not take the name of another", async () => {
    await iam.done("CreateUser", { UserName: "one" });
    await iam.done("CreateUser", { UserName: "other" });
    const refused = await iam.call("UpdateUser", { UserName: "other", NewUserName: "ONE" });
    expect(refused.error).toBe("EntityAlreadyExists");
    expect(texts(await iam.done("GetUser", { UserName: "other" }), "UserName")).toEqual(["other"]);
  });

  it("without a role sees itself and its own keys, and is told nothing of others", async () => {
    const as = await server.user("nobody@example.com");
    expect(texts(await iam.call("GetUser", {}, { as }), "UserName")).toEqual([
      "nobody@example.com",
    ]);
    expect((await iam.call("ListAccessKeys", {}, { as })).status).toBe(200);
    expect(
      (await iam.call("ListAttachedUserPolicies", { UserName: as.user.email }, { as })).status,
    ).toBe(200);
    for (const UserName of ["manager@example.com", "not-there"]) {
      for (const action of ["GetUser", "ListAccessKeys", "CreateAccessKey", "DeleteUser"]) {
        expect((await iam.call(action, { UserName }, { as })).error).toBe("AccessDenied");
      }
    }
  });
});

describe("a list of users", () => {
  it("has every user and service ID once, a part at a time, while others are made", async () => {
    const { http } = server;
    for (let i = 0; i < 7; i++) await iam.done("CreateUser", { UserName: `listed-${i}` });
    const admin = await http.app.administrator();
    for (const name of ["bot", "two words"]) await http.app.done(createServiceId, admin, { name });
    const all = texts(await iam.done("ListUsers"), "UserId");
    // The owner is the account's root, and none of its users.
    expect(all).not.toContain(server.account);
    const parts: string[] = [];
    for (let Marker: string | undefined; ;) {
      const part = await iam.done("ListUsers", { MaxItems: 2, Marker });
      parts.push(...texts(part, "UserId"));
      [Marker] = texts(part, "Marker");
      expect(texts(part, "IsTruncated")).toEqual([String(Marker !== undefined)]);
      if (Marker === undefined) break;
    }
    expect(parts).toEqual(all);
    expect(new Set(all).size).toBe(all.length);
  });

  it("has service IDs under a path of their own, by names that find them again", async () => {
    const found = await iam.done("ListUsers", { PathPrefix: "/service-id/" });
    expect(new Set(texts(found, "Path"))).toEqual(new Set(["/service-id/"]));
    const [bot = "", other = ""] = texts(found, "UserName").toSorted().toReversed();
    expect(bot).toBe("bot");
    expect(other).toMatch(/^ServiceId-/);
    for (const UserName of [bot, other]) {
      const created = await iam.done("CreateAccessKey", { UserName });
      expect(texts(created, "UserName")).toEqual([UserName]);
    }
    expect(texts(await iam.done("GetUser", { UserName: "bot" }), "Arn")).toEqual([
      `arn:aws:iam::${server.account}:user/service-id/bot`,
    ]);
    expect((await iam.call("DeleteUser", { UserName: "bot" })).error).toBe("NoSuchEntity");
  });

  it("does not give a service ID the name of a user", async () => {
    const { http } = server;
    const admin = await http.app.administrator();
    await http.app.done(createServiceId, admin, { name: "listed-3" });
    const names = texts(await iam.done("ListUsers", { PathPrefix: "/service-id/" }), "UserName");
    expect(names).not.toContain("listed-3");
    expect(texts(await iam.done("GetUser", { UserName: "listed-3" }), "Path")).toEqual(["/"]);
  });

  it("shows service IDs to those who may see them", async () => {
    const roles = ["Viewer"];
    const as = await server.user("users-only@example.com", roles, { service: "user-management" });
    const found = await iam.call("ListUsers", {}, { as });
    expect(new Set(texts(found, "Path"))).toEqual(new Set(["/"]));
    expect(
      texts(await iam.call("ListUsers", { PathPrefix: "/service-id/" }, { as }), "Path"),
    ).toEqual([]);
  });

  it("goes on from no marker but its own", async () => {
    for (const Marker of ["x", Buffer.from("{}").toString("base64url")]) {
      expect((await iam.call("ListUsers", { Marker })).error).toBe("InvalidInput");
    }
  });
});

describe("an access key", () => {
  it("is listed without its secret, ended and brought back by its id", async () => {
    await iam.done("CreateUser", { UserName: "keyed" });
    const made = await iam.done("CreateAccessKey", { UserName: "keyed" });
    const [accessKeyId = ""] = texts(made, "AccessKeyId");
    const [secretAccessKey = ""] = texts(made, "SecretAccessKey");
    const as = { accessKeyId, secretAccessKey };
    expect(JSON.stringify(made.events)).not.toContain(secretAccessKey);
    const listed = await iam.done("ListAccessKeys", { UserName: "keyed" });
    expect(texts(listed, "AccessKeyId")).toEqual([accessKeyId]);
    expect(listed.body).not.toContain(secretAccessKey);
    const key = { UserName: "keyed", AccessKeyId: accessKeyId };
    await iam.done("UpdateAccessKey", { ...key, Status: "Inactive" });
    expect(texts(await iam.done("ListAccessKeys", { UserName: "keyed" }), "Status")).toEqual([
      "Inactive",
    ]);
    expect((await iam.call("GetUser", {}, { as })).error).toBe("InvalidClientTokenId");
    await iam.done("UpdateAccessKey", { ...key, Status: "Active" });
    expect((await iam.call("GetUser", {}, { as })).status).toBe(200);
    expect((await iam.call("UpdateAccessKey", { ...key, Status: "Gone" })).error).toBe(
      "ValidationError",
    );
    const mine = { AccessKeyId: accessKeyId, Status: "Inactive" };
    expect((await iam.call("UpdateAccessKey", mine)).error).toBe("NoSuchEntity");
  });
});
