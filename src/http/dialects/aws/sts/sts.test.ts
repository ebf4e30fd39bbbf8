/** STS as its clients meet it: who one is, and credentials for a while. */
import { TOTP } from "otpauth";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deleteApiKey } from "../../../../app/identity/api-keys.ts";
import { confirmSecondFactor, enrollSecondFactor } from "../../../../app/identity/second-factor.ts";
import { updateApiKey } from "../../../../app/identity/update-api-key.ts";
import { renderCloudTrail } from "../../../../audit/render/cloudtrail.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { accessKeyFor, type AwsServer, type AwsUser } from "../testing/aws-server.ts";
import { allowing, credentialsIn, of, StsCaller } from "./testing/sts-caller.ts";

let sts: StsCaller;
let server: AwsServer;
let ada: AwsUser;
beforeEach(async () => {
  sts = await StsCaller.open();
  ({ server, ada } = sts);
});
afterEach(() => sts.close());

describe("GetCallerIdentity", () => {
  it("tells users, the owner of the account and sessions who they are", async () => {
    expect(await sts.whoIs(ada)).toBe(sts.named("iam:user/ada@example.com"));
    const root = await accessKeyFor(server.http.app, server.http.app.first.administrator);
    const answered = await sts.call(root, "GetCallerIdentity");
    expect([of(answered, "Arn"), of(answered, "UserId"), of(answered, "Account")]).toEqual([
      sts.named("iam:root"),
      server.account,
      server.account,
    ]);
    const session = credentialsIn(await sts.call(ada, "GetSessionToken"));
    expect(await sts.whoIs(session)).toBe(sts.named("iam:user/ada@example.com"));
  });

  it("is recorded as what it is, by the key that signed", async () => {
    const { events } = await sts.call(ada, "GetCallerIdentity");
    expect(events).toMatchObject([
      {
        action: "iam-identity.user-session.read",
        initiator: {
          id: ada.user.iamId,
          access: { keyId: ada.credentials.accessKeyId, kind: "user" },
        },
      },
    ]);
  });
});

describe("GetSessionToken", () => {
  it("gives credentials that are the user's own, for half a day or as long as was asked", async () => {
    const answered = await sts.call(ada, "GetSessionToken");
    const credentials = credentialsIn(answered);
    expect(credentials.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(credentials.secretAccessKey).toHaveLength(40);
    const lastsMs = Date.parse(of(answered, "Expiration")) - server.app.clock.now();
    expect(lastsMs).toBe(43_200_000);
    const short = credentialsIn(await sts.call(ada, "GetSessionToken", { DurationSeconds: 900 }));
    server.app.clock.advance(900_000 - 1);
    expect(await sts.whoIs(short)).toBe(sts.named("iam:user/ada@example.com"));
    server.app.clock.advance(1);
    expect(await sts.whoIs(short)).toBe("ExpiredToken");
    expect(await sts.whoIs(credentials)).toBe(sts.named("iam:user/ada@example.com"));
  });

  it("gives the owner of the account no more than an hour", async () => {
    const root = await accessKeyFor(server.http.app, server.http.app.first.administrator);
    for (const asked of [{}, { DurationSeconds: 43_200 }]) {
      const answered = await sts.call(root, "GetSessionToken", asked);
      expect(Date.parse(of(answered, "Expiration")) - server.app.clock.now()).toBe(3_600_000);
    }
  });

  it("records key and end of the session, and neither its secret nor its token", async () => {
    const answered = await sts.call(ada, "GetSessionToken", { DurationSeconds: 1_000 });
    const { accessKeyId, secretAccessKey, sessionToken = "" } = credentialsIn(answered);
    expect(answered.events).toMatchObject([
      {
        action: "iam-identity.user-session.create",
        outcome: "success",
        requestData: { durationSeconds: 1_000 },
        responseData: { accessKeyId, expiration: expect.stringMatching(/Z$/) },
      },
    ]);
    const kept = JSON.stringify(server.app.events()) + everyRow();
    expect(kept).toContain(accessKeyId);
    for (const secret of [secretAccessKey, sessionToken]) expect(kept).not.toContain(secret);
  });

  it.each([
    [{ DurationSeconds: 899 }, "ValidationError"],
    [{ DurationSeconds: 129_601 }, "ValidationError"],
    [{ TokenCode: "123456" }, "ValidationError"],
    [{ SerialNumber: "arn:aws:iam::1:mfa/ada", TokenCode: "123456" }, "AccessDenied"],
    [{ Nonsense: "1" }, "ValidationError"],
  ])("refuses %j", async (members, error) => {
    const answered = await sts.call(ada, "GetSessionToken", members);
    expect(answered.error).toBe(error);
    expect(answered.events).toMatchObject([{ outcome: "failure" }]);
  });

  it("is not for credentials that end with a session", async () => {
    const session = credentialsIn(await sts.call(ada, "GetSessionToken"));
    for (const action of ["GetSessionToken", "GetFederationToken"]) {
      const refused = await sts.call(
        session,
        action,
        action === "GetSessionToken" ? {} : { Name: "bo" },
      );
      expect([refused.error, of(refused, "Message")]).toEqual([
        "AccessDenied",
        `Cannot call ${action} with session credentials`,
      ]);
    }
  });

  it("takes the code of a second factor once, and counts wrong ones", async () => {
    const { iamId } = ada.user;
    const { app } = server.http;
    const { secret } = await app.done(enrollSecondFactor, ada.caller, { iamId });
    const totp = new TOTP({ secret: secret.reveal() });
    const code = (): string => totp.generate({ timestamp: server.app.clock.now() });
    await app.done(confirmSecondFactor, ada.caller, { iamId, code: new Sensitive(code()) });
    server.app.clock.advance(30_000);
    const shown = { SerialNumber: sts.named("iam:mfa/ada"), TokenCode: code() };
    const session = credentialsIn(await sts.call(ada, "GetSessionToken", shown));
    const { events } = await sts.call(session, "GetCallerIdentity");
    expect(events[0]?.initiator.access).toMatchObject({ mfa: true, kind: "user" });
    const again = await sts.call(ada, "GetSessionToken", shown);
    expect(again.error).toBe("AccessDenied");
    for (let i = 0; i < 4; i++) {
      await sts.call(ada, "GetSessionToken", { ...shown, TokenCode: "00000x" });
    }
    expect(server.app.lastEvent().action).toBe("user-management.user.lock");
    server.app.clock.advance(30_000);
    const locked = await sts.call(ada, "GetSessionToken", { ...shown, TokenCode: code() });
    expect(locked.error).toBe("AccessDenied");
  });
});

describe("a session by an access key", () => {
  it("needs its token, and no other one's", async () => {
    const one = credentialsIn(await sts.call(ada, "GetSessionToken"));
    const other = credentialsIn(await sts.call(ada, "GetSessionToken"));
    const { accessKeyId, secretAccessKey } = one;
    expect(await sts.whoIs({ accessKeyId, secretAccessKey })).toBe("InvalidClientTokenId");
    const { sessionToken = "" } = other;
    expect(await sts.whoIs({ ...one, sessionToken })).toBe("InvalidClientTokenId");
    expect(await sts.whoIs({ ...ada.credentials, sessionToken })).toBe("InvalidClientTokenId");
  });

  it("ends with the key that it came from: disabled or deleted", async () => {
    const { app } = server.http;
    const { accessKeyId } = ada.credentials;
    const key = await server.app.state.read(({ identity }) =>
      identity.apiKeyOfAccessKey(ada.user.account, accessKeyId),
    );
    const id = key?.id ?? "";
    const session = credentialsIn(await sts.call(ada, "GetSessionToken"));
    expect(await sts.whoIs(session)).toMatch(/^arn/);
    await app.done(updateApiKey, ada.caller, { id, change: { kind: "disable" } });
    expect([await sts.whoIs(session), await sts.whoIs(ada)]).toEqual([
      "ExpiredToken",
      "InvalidClientTokenId",
    ]);
    await app.done(updateApiKey, ada.caller, { id, change: { kind: "enable" } });
    expect([await sts.whoIs(session), await sts.whoIs(ada)]).toEqual([
      "ExpiredToken",
      sts.named("iam:user/ada@example.com"),
    ]);
    const next = credentialsIn(await sts.call(ada, "GetSessionToken"));
    await app.done(deleteApiKey, ada.caller, { id });
    expect([await sts.whoIs(next), await sts.whoIs(ada)]).toEqual([
      "InvalidClientTokenId",
      "InvalidClientTokenId",
    ]);
  });
});

describe("a session without a code", () => {
  it("makes no keys and gives no rights, which would outlast it; one with a code does", async () => {
    const { manager } = server;
    const Policy = allowing("*");
    const opened: readonly (readonly [string, object])[] = [
      ["GetSessionToken", {}],
      ["GetFederationToken", { Name: "bob", Policy }],
    ];
    const UserName = ada.user.email;
    const PolicyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
    for (const [action, members] of opened) {
      const as = credentialsIn(await sts.call(manager, action, members));
      for (const [change, what] of [
        ["CreateAccessKey", {}],
        ["CreateAccessKey", { UserName }],
        ["AttachUserPolicy", { UserName, PolicyArn }],
      ] as const) {
        const refused = await server.aws("iam", change, what, { as });
        expect([refused.status, refused.error]).toEqual([403, "AccessDenied"]);
        expect(refused.events).toMatchObject([{ outcome: "failure" }]);
      }
    }
    const { app } = server.http;
    const { iamId } = ada.user;
    const { secret } = await app.done(enrollSecondFactor, ada.caller, { iamId });
    const totp = new TOTP({ secret: secret.reveal() });
    const code = (): string => totp.generate({ timestamp: server.app.clock.now() });
    await app.done(confirmSecondFactor, ada.caller, { iamId, code: new Sensitive(code()) });
    server.app.clock.advance(30_000);
    const shown = { SerialNumber: sts.named("iam:mfa/ada"), TokenCode: code() };
    const as = credentialsIn(await sts.call(ada, "GetSessionToken", shown));
    expect((await server.aws("iam", "CreateAccessKey", {}, { as })).status).toBe(200);
  });
});

describe("GetFederationToken", () => {
  it("gives a session by a name, bounded by its policy", async () => {
    const answered = await sts.call(server.manager, "GetFederationToken", {
      Name: "bob",
      Policy: allowing("secretsmanager:ListSecrets"),
    });
    expect(of(answered, "FederatedUserId")).toBe(`${server.account}:bob`);
    const bob = credentialsIn(answered);
    expect(await sts.whoIs(bob)).toBe(sts.named("sts:federated-user/bob"));
    const { events } = await sts.call(bob, "GetCallerIdentity");
    expect(events[0]?.initiator.access).toMatchObject({ kind: "federated", sessionName: "bob" });
  });

  it("may do no more than its policy, and nothing without one", async () => {
    await server.secrets("CreateSecret", { Name: "s", SecretString: "x" });
    const does = async (Policy?: string): Promise<readonly (string | undefined)[]> => {
      const members = { Name: "bob", ...(Policy === undefined ? {} : { Policy }) };
      const bob = credentialsIn(await sts.call(server.manager, "GetFederationToken", members));
      const ask = async (action: string) =>
        (await server.secrets(action, { SecretId: "s" }, { as: bob })).error;
      return [await ask("DescribeSecret"), await ask("GetSecretValue")];
    };
    const denied = "AccessDeniedException";
    expect(await does()).toEqual([denied, denied]);
    expect(await does(allowing("secretsmanager:Describe*"))).toEqual([undefined, denied]);
    expect(await does(allowing("*"))).toEqual([undefined, undefined]);
  });

  it.each([
    [{ Name: "b" }, "ValidationError"],
    [{ Name: "b".repeat(33) }, "ValidationError"],
    [{ Name: "bob", Policy: "nonsense" }, "MalformedPolicyDocument"],
  ])("refuses %j", async (members, error) => {
    expect((await sts.call(ada, "GetFederationToken", members)).error).toBe(error);
  });
});

describe("GetAccessKeyInfo", () => {
  it("tells the account of a key, and of no other text anything", async () => {
    const { accessKeyId: AccessKeyId } = ada.credentials;
    const known = await sts.call(server.manager, "GetAccessKeyInfo", { AccessKeyId });
    expect(of(known, "Account")).toBe(server.account);
    expect(known.events.map((event) => renderCloudTrail(event)["eventSource"])).toEqual([
      "sts.amazonaws.com",
    ]);
    const session = credentialsIn(await sts.call(ada, "GetSessionToken"));
    expect((await sts.call(session, "GetAccessKeyInfo", { AccessKeyId })).status).toBe(200);
    const unknown = { AccessKeyId: "AKIAAAAAAAAAAAAAAAAA" };
    expect((await sts.call(ada, "GetAccessKeyInfo", unknown)).status).toBe(404);
    const other = { AccessKeyId: "hunter2hunter2hunter2" };
    const refused = await sts.call(ada, "GetAccessKeyInfo", other);
    expect(refused.error).toBe("ValidationError");
    expect(JSON.stringify(refused.events) + refused.body).not.toContain("hunter2");
  });
});

function everyRow(): string {
  const { database } = server.app;
  const tables = ["access_keys", "sessions", "api_keys", "outbox"];
  return tables
    .flatMap((table) => database.all(`SELECT * FROM ${table}`))
    .map((row) =>
      JSON.stringify(row, (_key, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
      ),
    )
    .join("\n");
}
