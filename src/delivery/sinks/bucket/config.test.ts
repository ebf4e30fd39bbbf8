import { describe, expect, it } from "vitest";
import { Refusal } from "../../../kernel/errors.ts";
import { checkSink } from "../../sinks.ts";

const COS = {
  kind: "bucket",
  endpoint: "s3.eu-de.cloud-object-storage.appdomain.cloud",
  bucket: "audit-trail",
};

function problemOf(settings: object): string {
  try {
    checkSink({ ...COS, ...settings });
    return "";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return String(error.details["field"]);
  }
}

describe("what is said of a bucket", () => {
  it("is enough with where it is and what it is called: IBM's, by an API key", () => {
    const sink = checkSink(COS);
    expect(sink.settings).toEqual({
      ...COS,
      prefix: "",
      form: "ibm",
      gzip: false,
      authorization: "iam",
      iam_url: "https://iam.cloud.ibm.com/identity/token",
      region: "us-east-1",
      gather_seconds: 60,
    });
    expect(sink.address).toEqual({ transport: "https", host: COS.endpoint, port: 443 });
    expect(sink.credentials).toEqual([{ name: "api_key", isRequired: true }]);
    expect(sink.limits.gatherMs).toBe(60_000);
  });

  it("may be an access key of AWS's, and a URL with a port", () => {
    const sink = checkSink({
      ...COS,
      endpoint: "http://ceph.example.com:7480",
      authorization: "sigv4",
      region: "default",
    });
    expect(sink.address).toEqual({ transport: "http", host: "ceph.example.com", port: 7480 });
    expect(sink.credentials.map(({ name }) => name)).toEqual([
      "access_key_id",
      "secret_access_key",
    ]);
  });

  it.each([
    [{ endpoint: "https://cos.example.com/path" }, "endpoint"],
    [{ endpoint: "https://cos.example.com/?" }, "endpoint"],
    [{ endpoint: "https://user:hidden@cos.example.com" }, "endpoint"],
    [{ endpoint: "ftp://cos.example.com" }, "endpoint"],
    [{ endpoint: "" }, "endpoint"],
    // A token would be read on its way.
    [{ endpoint: "http://cos.example.com" }, "endpoint"],
    [{ bucket: "Audit" }, "bucket"],
    [{ bucket: "../audit" }, "bucket"],
    [{ prefix: "/audit" }, "prefix"],
    [{ prefix: "a/../b" }, "prefix"],
    [{ prefix: "a//b" }, "prefix"],
    [{ iam_url: "http://iam.cloud.ibm.com/identity/token" }, "iam_url"],
    [{ iam_url: "https://iam.cloud.ibm.com/identity/token?x=1" }, "iam_url"],
    [{ authorization: "none" }, "authorization"],
    [{ gather_seconds: 0 }, "gather_seconds"],
    [{ gather_seconds: 901 }, "gather_seconds"],
    [{ form: "xml" }, "form"],
  ])("is refused by the name of the field: %j", (settings, field) => {
    expect(problemOf(settings)).toBe(field);
  });
});
