/** Access keys by the native API: for users themselves, and for those who look after others. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AwsServer, type AwsUser } from "../aws/testing/aws-server.ts";

let server: AwsServer;
let ada: AwsUser;
beforeEach(async () => {
  server = await AwsServer.open();
  ada = await server.user("ada@example.com");
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  readonly body: any;
}

async function ask(by: AwsUser, request: string, payload?: object): Promise<Answer> {
  const [method, url] = request.split(" ") as ["GET" | "POST" | "DELETE", string];
  const { accessToken } = await server.http.app.login(by.key.value);
  const { statusCode, body } = await server.http.server.inject({
    method,
    url: `/trail/v1/access-keys${url}`,
    headers: { authorization: `Bearer ${accessToken.reveal()}` },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: statusCode, body: body === "" ? null : JSON.parse(body) };
}

async function whoIs({ body }: Answer): Promise<number> {
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = body;
  const as = { accessKeyId, secretAccessKey };
  return (await server.aws("sts", "GetCallerIdentity", {}, { as })).status;
}

describe("access keys of one's own", () => {
  it("are made, listed without their secrets, disabled, enabled and deleted", async () => {
    const made = await ask(ada, "POST ", {});
    expect(made).toMatchObject({
      status: 201,
      body: { user: "ada@example.com", iam_id: ada.user.iamId, disabled: false },
    });
    const { access_key_id: id, secret_access_key: secret } = made.body;
    expect(await whoIs(made)).toBe(200);
    const listed = await ask(ada, "GET ");
    expect(listed.body).toMatchObject({ total_count: 2, offset: 0, limit: 100 });
    const isListed = (answer: Answer, disabled: boolean): void =>
      expect(answer.body.access_keys).toContainEqual(
        expect.objectContaining({ access_key_id: id, disabled }),
      );
    isListed(listed, false);
    expect(JSON.stringify([listed, server.app.events()])).not.toContain(secret);
    expect((await ask(ada, "GET ?limit=1&offset=1")).body.access_keys).toHaveLength(1);
    expect((await ask(ada, `POST /${id}/disable`)).status).toBe(204);
    expect(await whoIs(made)).toBe(403);
    isListed(await ask(ada, "GET "), true);
    expect((await ask(ada, `DELETE /${id}/disable`)).status).toBe(204);
    expect(await whoIs(made)).toBe(200);
    expect((await ask(ada, `DELETE /${id}`)).status).toBe(204);
    expect(await whoIs(made)).toBe(403);
    expect((await ask(ada, `DELETE /${id}`)).status).not.toBe(204);
  });
});

describe("access keys of others", () => {
  it("are for those who may change them", async () => {
    const { manager } = server;
    const made = await ask(manager, "POST ", { user: "ada@example.com" });
    expect(made).toMatchObject({ status: 201, body: { iam_id: ada.user.iamId } });
    const { access_key_id: id } = made.body;
    expect((await ask(manager, `DELETE /${id}?user=ada@example.com`)).status).toBe(204);
    const own = manager.credentials.accessKeyId;
    expect((await ask(ada, "POST ", { user: "manager@example.com" })).status).toBe(403);
    expect((await ask(ada, "GET ?user=manager@example.com")).status).toBe(403);
    expect((await ask(ada, `POST /${own}/disable?user=manager@example.com`)).status).toBe(403);
    expect((await ask(ada, `DELETE /${own}`)).status).not.toBe(204);
    expect(
      await whoIs({
        status: 0,
        body: { access_key_id: own, secret_access_key: manager.credentials.secretAccessKey },
      }),
    ).toBe(200);
  });

  it("refuses what is no id of one, and does not repeat it", async () => {
    const refused = await ask(ada, "DELETE /hunter2");
    expect(refused.status).toBe(400);
    expect(JSON.stringify([refused.body, server.app.events()])).not.toContain("hunter2");
  });
});
