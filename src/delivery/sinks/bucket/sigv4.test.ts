import { describe, expect, it } from "vitest";
import { encodedPath, signed } from "./sigv4.ts";

/** Amazon S3 API reference, "Signature Calculations for the Authorization Header", the examples. */
const KEY = {
  id: "AKIAIOSFODNN7EXAMPLE",
  secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
};
const NOW = Date.UTC(2013, 4, 24);
const HOST = "https://examplebucket.s3.amazonaws.com";

describe("a signature", () => {
  it("is AWS's own of its example of a PUT", () => {
    const headers = signed(
      {
        method: "PUT",
        url: new URL(`${HOST}${encodedPath("/test$file.text")}`),
        headers: {
          date: "Fri, 24 May 2013 00:00:00 GMT",
          "x-amz-storage-class": "REDUCED_REDUNDANCY",
        },
        body: Buffer.from("Welcome to Amazon S3."),
      },
      KEY,
      NOW,
    );
    expect(headers).toMatchObject({
      "x-amz-date": "20130524T000000Z",
      "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    });
  });

  it("is AWS's own of its example of a GET", () => {
    const headers = signed(
      {
        method: "GET",
        url: new URL(`${HOST}/test.txt`),
        headers: { range: "bytes=0-9" },
        body: new Uint8Array(),
      },
      KEY,
      NOW,
    );
    expect(headers["authorization"]).toContain(
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
  });

  it("is of a path in which all but unreserved characters are encoded once", () => {
    expect(encodedPath("a/2026-11-21T09:31:07.123Z_1-2 (x)'*!.log")).toBe(
      "a/2026-11-21T09%3A31%3A07.123Z_1-2%20%28x%29%27%2A%21.log",
    );
  });
});
