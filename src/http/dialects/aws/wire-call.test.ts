/** How a request's body is taken: as it was sent, which is what is signed, and unfolded where it is compressed. */
import { gzipSync } from "node:zlib";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AwsServer, type AwsAnswered, type AwsRequest } from "./testing/aws-server.ts";
import { Sha256 } from "./testing/sha256.ts";
import { MAX_UNFOLDED_BYTES } from "./wire-call.ts";

const HOST = "aws.keytrail.test";
const LISTING = Buffer.from('{"MaxResults":1}');

let server: AwsServer;
beforeAll(async () => {
  server = await AwsServer.open();
});
afterAll(() => server.close());

async function listed(body: Buffer, encoding: string): Promise<AwsAnswered> {
  const { credentials } = server.manager;
  const region = "us-east-1";
  const signer = new SignatureV4({
    service: "secretsmanager",
    region,
    credentials,
    sha256: Sha256,
  });
  const given = {
    host: HOST,
    "content-encoding": encoding,
    "x-amz-target": "secretsmanager.ListSecrets",
  };
  const signed = await signer.sign(
    { method: "POST", protocol: "https:", hostname: HOST, path: "/", headers: given, body },
    { signingDate: new Date(server.app.clock.now()) },
  );
  const request = { method: "POST", url: "/", headers: signed.headers, payload: body };
  return server.send(request as unknown as AwsRequest);
}

describe("a compressed body", () => {
  it("is signed as it was sent, and read as what it unfolds to", async () => {
    expect((await listed(gzipSync(LISTING), "gzip")).body).toEqual({ SecretList: [] });
    expect((await listed(LISTING, "identity")).body).toEqual({ SecretList: [] });
  });

  it.each([
    ["in another encoding", gzipSync(LISTING), "br"],
    ["that is none", LISTING, "gzip"],
    ["twice over", gzipSync(gzipSync(LISTING)), "gzip, gzip"],
    [
      "that unfolds to too much",
      gzipSync(Buffer.concat([Buffer.alloc(MAX_UNFOLDED_BYTES, " "), LISTING])),
      "gzip",
    ],
  ])("%s is refused, and recorded", async (_what, body, encoding) => {
    const refused = await listed(body, encoding);
    expect([refused.status, refused.error]).toEqual([400, "SerializationException"]);
    expect(refused.events).toMatchObject([{ outcome: "failure", requestData: {} }]);
  });
});
