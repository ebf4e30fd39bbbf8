/** What of a signature is refused before anybody's key is asked for; each such request is recorded, and changes nothing. */
import { createHmac, hash } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sensitive } from "../../../kernel/sensitive.ts";
import { MAX_EXPIRES_S, MAX_SKEW_MS } from "./signature.ts";
import { ALGORITHM, canonicalRequest, scopeText, signingKey } from "./sigv4.ts";
import { AwsServer, type AwsAnswered, type AwsRequest } from "./testing/aws-server.ts";
import { Sha256 } from "./testing/sha256.ts";

const HOST = "aws.keytrail.test";
const WHO = { service: "sts", action: "GetCallerIdentity", members: {} };

let server: AwsServer;
beforeAll(async () => {
  server = await AwsServer.open();
});
afterAll(() => server.close());

type Spoiling = (headers: Record<string, string>) => unknown;

async function spoilt(spoil: Spoiling): Promise<AwsAnswered> {
  const request = await server.signed(WHO);
  const headers = { ...request.headers };
  spoil(headers);
  return server.send({ ...request, headers });
}

function inAuthorization(from: RegExp | string, to: string): Spoiling {
  return (headers) => {
    const name = Object.keys(headers).find((one) => one.toLowerCase() === "authorization") ?? "";
    headers[name] = (headers[name] ?? "").replace(from, to);
  };
}

describe("a signature in the headers", () => {
  const spoilings: readonly (readonly [string, Spoiling, string])[] = [
    [
      "of another algorithm",
      inAuthorization("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
      "IncompleteSignature",
    ],
    ["without a credential", inAuthorization(/Credential=[^,]+, /, ""), "IncompleteSignature"],
    [
      "whose credential has no scope",
      inAuthorization(/Credential=([^/]+)[^,]+/, "Credential=$1"),
      "IncompleteSignature",
    ],
    [
      "that is no hash",
      inAuthorization(/Signature=.*/, "Signature=hunter2"),
      "IncompleteSignature",
    ],
    [
      "that leaves the host unsigned",
      inAuthorization(/SignedHeaders=[^,]+/, "SignedHeaders=x-amz-date"),
      "IncompleteSignature",
    ],
    ["without a time", (headers) => delete headers["x-amz-date"], "IncompleteSignature"],
    [
      "of a moment that no calendar has",
      (headers) => (headers["x-amz-date"] = headers["x-amz-date"]?.replace(/T..../, "T2460") ?? ""),
      "IncompleteSignature",
    ],
    [
      "of a header that no request has",
      inAuthorization("SignedHeaders=", "SignedHeaders=__proto__;constructor;"),
      "SignatureDoesNotMatch",
    ],
    [
      "beside a header of AWS's that it leaves out",
      (headers) => (headers["x-amz-odd"] = "1"),
      "IncompleteSignature",
    ],
    [
      "of another day than the request",
      inAuthorization(/\/\d{8}\//, "/20200101/"),
      "SignatureDoesNotMatch",
    ],
    ["for another service", inAuthorization("/sts/", "/iam/"), "SignatureDoesNotMatch"],
    [
      "for another region than it was made for",
      inAuthorization("/us-east-1/", "/eu-west-1/"),
      "SignatureDoesNotMatch",
    ],
    [
      "of nobody's key",
      inAuthorization(/Credential=[^/]+/, "Credential=AKIAAAAAAAAAAAAAAAAA"),
      "InvalidClientTokenId",
    ],
    [
      "that is not there",
      (headers) => delete headers["authorization"],
      "MissingAuthenticationToken",
    ],
  ];
  it.each(spoilings)(
    "%s is refused, recorded, and nothing of it quoted",
    async (_what, spoil, error) => {
      const refused = await spoilt(spoil);
      expect([refused.status, refused.error]).toEqual([403, error]);
      expect(refused.events).toMatchObject([{ outcome: "failure", requestData: {} }]);
      const text = refused.body + JSON.stringify(refused.events);
      for (const sent of ["hunter2", "AKIAAAAAAAAAAAAAAAAA"]) expect(text).not.toContain(sent);
    },
  );

  it("is good for five minutes, either way", async () => {
    const { clock } = server.app;
    for (const [byMs, error] of [
      [MAX_SKEW_MS, undefined],
      [MAX_SKEW_MS + 1_000, "SignatureDoesNotMatch"],
    ] as const) {
      const request = await server.signed(WHO);
      clock.advance(byMs);
      expect((await server.send(request)).error).toBe(error);
      clock.advance(-byMs);
      clock.advance(byMs);
      const early = await server.signed(WHO);
      clock.advance(-byMs);
      expect((await server.send(early)).error).toBe(error);
    }
  });

  it("is not good for another body, and does not say what would be", async () => {
    const request = await server.signed(WHO);
    const other = { ...request, payload: `${request.payload}&Marker=1` };
    const refused = await server.send(other);
    expect(refused.error).toBe("SignatureDoesNotMatch");
    expect(refused.body).not.toMatch(/[0-9a-f]{64}/);
    expect(refused.events).toMatchObject([
      { outcome: "failure", initiator: { id: server.manager.user.iamId, name: "" } },
    ]);
  });
});

describe("a signature that its key does make", () => {
  interface Made {
    readonly service?: string;
    readonly day?: string;
    readonly signedHeaders?: readonly string[];
    /** Where its time stands, and as what. */
    readonly time?: "x-amz-date" | "date";
  }

  /** GetCallerIdentity, signed as no client does. */
  async function made({
    service = "sts",
    day,
    time = "x-amz-date",
    signedHeaders = ["host", time],
  }: Made): Promise<AwsAnswered> {
    const { accessKeyId, secretAccessKey } = server.manager.credentials;
    const now = new Date(server.app.clock.now());
    const moment = now.toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
    const scope = { day: day ?? moment.slice(0, 8), region: "us-east-1", service };
    const payload = "Action=GetCallerIdentity&Version=2011-06-15";
    const headers: Record<string, string> = {
      host: HOST,
      [time]: time === "date" ? now.toUTCString() : moment,
    };
    const parts = {
      method: "POST",
      path: "/",
      query: "",
      header: (name: string) => headers[name],
      body: Buffer.from(payload),
    };
    const text = `${ALGORITHM}\n${moment}\n${scopeText(scope)}\n${hash("sha256", canonicalRequest(parts, signedHeaders))}`;
    const key = signingKey(new Sensitive(secretAccessKey), scope);
    const signature = createHmac("sha256", key).update(text).digest("hex");
    const authorization = `${ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
    return server.send({
      method: "POST",
      url: "/",
      headers: { ...headers, authorization },
      payload,
    });
  }

  it.each<[what: string, Made, error: string | undefined]>([
    ["as it should be", {}, undefined],
    ["with the time in HTTP's own header", { time: "date" }, undefined],
    ["for another service", { service: "iam" }, "SignatureDoesNotMatch"],
    ["by the key of another day", { day: "20200101" }, "SignatureDoesNotMatch"],
    ["without the host", { signedHeaders: ["x-amz-date"] }, "IncompleteSignature"],
  ])("%s", async (_what, how, error) => {
    expect((await made(how)).error).toBe(error);
  });
});

describe("a signature in the URL", () => {
  async function presigned(expiresIn: number): Promise<AwsRequest> {
    const { credentials } = server.manager;
    const signer = new SignatureV4({
      service: "sts",
      region: "us-east-1",
      credentials,
      sha256: Sha256,
    });
    const signed = await signer.presign(
      {
        method: "GET",
        protocol: "https:",
        hostname: HOST,
        path: "/",
        query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
        headers: { host: HOST },
      },
      { expiresIn, signingDate: new Date(server.app.clock.now()) },
    );
    const query = new URLSearchParams(signed.query as Record<string, string>).toString();
    return {
      method: "GET",
      url: `/?${query.replaceAll("+", "%20")}`,
      headers: { host: HOST },
      payload: "",
    } as unknown as AwsRequest;
  }

  it("says who signed, until its time is over", async () => {
    const { clock } = server.app;
    const request = await presigned(600);
    expect((await server.send(request)).body).toContain("user/manager@example.com");
    clock.advance(600_000);
    expect((await server.send(request)).status).toBe(200);
    clock.advance(1_000);
    expect((await server.send(request)).error).toBe("SignatureDoesNotMatch");
  });

  it("is not good beside headers of AWS's that it leaves out", async () => {
    const request = await presigned(600);
    for (const name of ["x-amz-target", "x-amz-security-token"]) {
      const headers = { ...request.headers, [name]: "secretsmanager.ListSecrets" };
      const refused = await server.send({ ...request, headers });
      expect(refused.error).toMatch(/^IncompleteSignature/);
      expect(refused.events).toMatchObject([{ outcome: "failure", requestData: {} }]);
    }
  });

  it.each([
    [
      "of a moment that no calendar has",
      /X-Amz-Date=(\d{8})T\d{6}/,
      "X-Amz-Date=$1T000060",
      "IncompleteSignature",
    ],
    [
      "for longer than a week",
      /X-Amz-Expires=\d+/,
      `X-Amz-Expires=${MAX_EXPIRES_S + 1}`,
      "IncompleteSignature",
    ],
    ["for no time", /X-Amz-Expires=\d+/, "X-Amz-Expires=0", "IncompleteSignature"],
    ["of another algorithm", "AWS4-HMAC-SHA256", "AWS4", "IncompleteSignature"],
    ["for another action", "GetCallerIdentity", "GetSessionToken", "SignatureDoesNotMatch"],
  ] as const)("%s is refused", async (...[, from, to, error]) => {
    const request = await presigned(600);
    const url = request.url.replace(from, to) as AwsRequest["url"];
    expect((await server.send({ ...request, url })).error).toBe(error);
  });
});
