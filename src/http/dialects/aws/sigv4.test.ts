/**
 * Signatures: AWS's published vectors ("aws-sig-v4-test-suite", key AKIDEXAMPLE), and AWS's own signer on requests of
 * every odd form.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it } from "vitest";
import { Sensitive } from "../../../kernel/sensitive.ts";
import {
  canonicalRequest,
  credentialIn,
  isSignature,
  MAX_HELD_SIGNING_KEYS,
  signingKey,
  SigningKeys,
  type SignedParts,
} from "./sigv4.ts";
import { Sha256 } from "./testing/sha256.ts";

const SECRET = new Sensitive("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
const SCOPE = { day: "20150830", region: "us-east-1", service: "service" };
const MOMENT = "20150830T123600Z";
const HOST = "example.amazonaws.com";

function parts(request: Partial<SignedParts> & { headers?: Record<string, string> }): SignedParts {
  const headers: Record<string, string> = { host: HOST, "x-amz-date": MOMENT, ...request.headers };
  return {
    method: "GET",
    path: "/",
    query: "",
    body: new Uint8Array(0),
    header: (name) => headers[name],
    ...request,
  };
}

function isGood(signature: string, of: SignedParts, signedHeaders: readonly string[]): boolean {
  const offered = { accessKeyId: "AKIDEXAMPLE", scope: SCOPE, moment: MOMENT, signedHeaders };
  return isSignature({ ...offered, signature }, of, signingKey(SECRET, SCOPE));
}

describe("AWS's published vectors", () => {
  it.each([
    ["get-vanilla", parts({}), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    [
      "get-vanilla-query-order-key-case",
      parts({ query: "Param2=value2&Param1=value1" }),
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
    [
      "post-vanilla",
      parts({ method: "POST" }),
      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ],
    [
      "get-unreserved",
      parts({ path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" }),
      "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ],
  ])("%s", (_name, request, signature) => {
    const signed = ["host", "x-amz-date"];
    expect(isGood(signature, request, signed)).toBe(true);
    expect(isGood(signature.replace(/^./, "f"), request, signed)).toBe(false);
  });

  it("get-header-value-trim", () => {
    const given = { "my-header1": " value1", "my-header2": ' "a   b   c"' };
    const signed = ["host", "my-header1", "my-header2", "x-amz-date"];
    const headers = { host: HOST, "x-amz-date": MOMENT, ...given };
    const request = parts({ header: (name) => headers[name as keyof typeof headers] });
    const signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736";
    expect(isGood(signature, request, signed)).toBe(true);
  });

  it("get-vanilla-query-order-value", () => {
    const canonical = (query: string) => canonicalRequest(parts({ query }), ["host"]);
    expect(canonical("Param1=value2&Param1=value1")).toContain("Param1=value1&Param1=value2");
    expect(canonical("Param1=value1&Param1=value2")).toContain("Param1=value1&Param1=value2");
  });

  it("the canonical request of get-vanilla", () => {
    const text = canonicalRequest(parts({}), ["host", "x-amz-date"]);
    expect(createHash("sha256").update(text).digest("hex")).toBe(
      "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
    );
  });

  it("the signing key of the user guide", () => {
    const scope = { day: "20120215", region: "us-east-1", service: "iam" };
    expect(Buffer.from(signingKey(SECRET, scope)).toString("hex")).toBe(
      "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d",
    );
  });
});

const value = fc.string({ unit: "grapheme", maxLength: 12 });
/** What may stand in a header that HTTP carries as it is. */
const header = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);

describe("requests that AWS's own signer has signed", () => {
  const signer = new SignatureV4({
    service: SCOPE.service,
    region: SCOPE.region,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: SECRET.reveal() },
    sha256: Sha256,
  });
  const signingDate = new Date("2015-08-30T12:36:00Z");

  it("are taken as signed, whatever they say, and not once a byte is another", async () => {
    const request = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT"),
      segments: fc.array(value, { maxLength: 3 }),
      query: fc.dictionary(
        // The signer leaves `__proto__` out of what it signs.
        value.filter((name) => name !== "" && name !== "__proto__"),
        value,
        { maxKeys: 4 },
      ),
      odd: fc.option(header, { nil: undefined }),
      body: fc.string({ unit: "binary", maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ method, segments, query, odd, body }) => {
        const path = `/${segments.map((one) => encodeURIComponent(one)).join("/")}`;
        fc.pre(!/\/\.{0,2}(?:\/|$)/.test(path) || path === "/");
        const given: Record<string, string> = { host: HOST, ...(odd ? { "x-odd": odd } : {}) };
        const signed = await signer.sign(
          { method, protocol: "https:", hostname: HOST, path, query, headers: given, body },
          { signingDate },
        );
        const headers = Object.fromEntries(
          Object.entries(signed.headers).map(([name, text]) => [name.toLowerCase(), text]),
        );
        const [, names = "", signature = ""] =
          /SignedHeaders=([^,]+), Signature=(\w+)/.exec(headers["authorization"] ?? "") ?? [];
        const sent = parts({
          method,
          path,
          query: Object.entries(query)
            .map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`)
            .join("&"),
          headers,
          body: Buffer.from(body, "utf8"),
        });
        const signedHeaders = names.split(";");
        expect(isGood(signature, sent, signedHeaders)).toBe(true);
        const other = { ...sent, body: Buffer.from(`${body}!`, "utf8") };
        expect(isGood(signature, other, signedHeaders)).toBe(false);
        expect(isGood(signature, { ...sent, path: `${path}x` }, signedHeaders)).toBe(false);
        expect(isGood(signature, { ...sent, query: `${sent.query}&a` }, signedHeaders)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a query that is no valid encoding", () => {
  it.each([
    ["a%2B%25zz", "a+%zz"],
    ["%2525%25zz", "%25%zz"],
    ["%25ff", "%ff"],
  ])("is not taken for one that would be: %s, %s", (one, other) => {
    const canonical = (query: string) => canonicalRequest(parts({ query: `v=${query}` }), ["host"]);
    expect(canonical(one)).not.toBe(canonical(other));
  });
});

describe("a credential", () => {
  it("is a key and a scope, and nothing else", () => {
    expect(credentialIn("AKIDEXAMPLE/20150830/us-east-1/sts/aws4_request")).toEqual({
      accessKeyId: "AKIDEXAMPLE",
      scope: { day: "20150830", region: "us-east-1", service: "sts" },
    });
    for (const text of ["", "AKID", "AKID/2015/us/sts/aws4_request", "a/20150830/b/c/aws4"]) {
      expect(credentialIn(text)).toBeUndefined();
    }
  });
});

describe("signing keys", () => {
  it("are held as long as their secret is, a bounded number for each", () => {
    const keys = new SigningKeys();
    const holder = {};
    const first = keys.get(SECRET, holder, SCOPE);
    expect(keys.get(SECRET, holder, SCOPE)).toBe(first);
    expect(keys.get(SECRET, {}, SCOPE)).not.toBe(first);
    for (let n = 0; n < MAX_HELD_SIGNING_KEYS; n++) {
      keys.get(SECRET, holder, { ...SCOPE, region: `r${n}` });
    }
    const again = keys.get(SECRET, holder, SCOPE);
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });
});
