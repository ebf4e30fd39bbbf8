/** The test server speaks to the real dialect: who signs is known, and who does not is told so in AWS's form. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AwsServer } from "./aws-server.ts";

let server: AwsServer;

beforeAll(async () => {
  server = await AwsServer.open();
});
afterAll(() => server.close());

describe("the server as AWS's clients meet it", () => {
  it("knows who signed a call, by AWS's own signer", async () => {
    const { status, error, events } = await server.secrets("NoSuchAction");
    expect([status, error]).toEqual([404, "UnknownOperationException"]);
    expect(events).toHaveLength(1);
    expect(events[0]?.initiator.id).toBe(server.manager.user.iamId);
  });

  it("refuses what is not signed, what is signed wrongly, and a key that nobody has", async () => {
    const wrong = { ...server.manager.credentials, secretAccessKey: "wrong" };
    const unknown = { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "wrong" };
    const refused = await Promise.all(
      [null, wrong, unknown].map((as) => server.secrets("GetSecretValue", {}, { as })),
    );
    expect(refused.map(({ error }) => error)).toEqual([
      "MissingAuthenticationTokenException",
      "InvalidSignatureException",
      "UnrecognizedClientException",
    ]);
  });

  it("asks the services that speak forms in forms", async () => {
    const members = { Tags: [{ Key: "a" }] };
    const { status, error } = await server.aws("sts", "NoSuchAction", members);
    expect([status, error]).toEqual([400, "InvalidAction"]);
  });
});
