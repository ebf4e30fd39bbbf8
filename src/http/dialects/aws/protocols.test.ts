import { decode as decodeCbor, encode as encodeCbor } from "cborg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../../kernel/errors.ts";
import { cborProtocol } from "./cbor-protocol.ts";
import { jsonProtocol } from "./json-protocol.ts";
import { Members } from "./members.ts";
import { MAX_FORM_FIELDS, queryProtocol } from "./query-protocol.ts";
import type { Protocol } from "./protocol.ts";
import { Blob, Timestamp } from "./wire-values.ts";

const FACTS = {
  action: "GetUser",
  requestId: "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE",
  xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/",
};
/** 2018-04-30T16:49:54Z, with milliseconds. */
const AT = 1_525_106_994_713;

const bytes = (text: string): Uint8Array => Buffer.from(text);

function reasonOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.details["reason"];
    throw error;
  }
  return "not refused";
}

describe("AWS JSON", () => {
  it("writes times as seconds and bytes as base64", () => {
    const answer = jsonProtocol.encode(
      { At: new Timestamp(AT), Value: new Blob(bytes("hello")), Nothing: undefined },
      FACTS,
    );
    expect(answer).toEqual({
      status: 200,
      headers: { "Content-Type": "application/x-amz-json-1.1" },
      body: '{"At":1525106994.713,"Value":"aGVsbG8="}',
    });
  });

  it("names an error in its body and in a header, with the letter that the service has", () => {
    const error = { code: "ResourceNotFoundException", status: 400, message: "No." };
    expect(jsonProtocol.encodeError({ ...error, isModelled: true }, FACTS)).toMatchObject({
      status: 400,
      headers: { "x-amzn-errortype": "ResourceNotFoundException" },
      body: '{"__type":"ResourceNotFoundException","Message":"No."}',
    });
    expect(jsonProtocol.encodeError({ ...error, isModelled: false }, FACTS).body).toContain(
      '"message":"No."',
    );
  });

  it.each(['{"SecretId":', "[]", "null", "\xff", '{"__proto__":{}}', '"text"'])(
    "refuses the body %j",
    (body) => {
      const decode = (): Members => jsonProtocol.decode(Buffer.from(body, "latin1"), "");
      expect(reasonOf(decode)).toBe("unreadable-body");
    },
  );
});

describe("the query protocol", () => {
  it("reads lists, structures and flags from a form", () => {
    const form =
      "Action=CreateUser&Version=2010-05-08&UserName=ada&Tags.member.2.Key=b&Tags.member.2.Value=2" +
      "&Tags.member.1.Key=a&Tags.member.1.Value=1&Rules.Days=30&Rules.Now=true&Names.member.1=x";
    const members = queryProtocol.decode(bytes(form), "");
    expect(members.text("UserName")).toBe("ada");
    const tags = members.itemsOrNothing("Tags", (tag) => [tag.text("Key"), tag.text("Value")]);
    expect(tags).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    const rules = members.structureOrNothing("Rules", (rule) => [
      rule.numberOrNothing("Days"),
      rule.flagOrNothing("Now"),
    ]);
    expect(rules).toEqual([30, true]);
    expect(members.textsOrNothing("Names")).toEqual(["x"]);
    members.end();
  });

  it("reads the same from a URL, whose signature is no member", () => {
    const query = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Signature=00&X-Amz-Date=1";
    queryProtocol.decode(new Uint8Array(0), query).end();
  });

  it.each([
    "A.B=1&A=2",
    "A=1&A.B=2",
    "A=1&A=2",
    "A.B.C.D.E.F.G.H.I=1",
    Array.from({ length: MAX_FORM_FIELDS + 1 }, (_, i) => `A${i}=1`).join("&"),
  ])("refuses the form %.30s", (form) => {
    expect(reasonOf(() => queryProtocol.decode(bytes(form), ""))).toBe("unreadable-body");
  });

  it("has no members but those that were sent, whatever they are called", () => {
    const members = queryProtocol.decode(bytes("__proto__.polluted=1&constructor=2"), "");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(reasonOf(() => members.end())).toBe("unknown-member");
  });

  it("answers in XML, with the request's id", () => {
    const answer = queryProtocol.encode(
      { User: { UserName: "a<b>&\"'", CreateDate: new Timestamp(AT), Tags: [{ Key: "k" }, "t"] } },
      FACTS,
    );
    expect(answer.headers).toEqual({ "Content-Type": "text/xml" });
    expect(answer.body).toBe(
      '<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User>' +
        "<UserName>a&lt;b&gt;&amp;&quot;&apos;</UserName><CreateDate>2018-04-30T16:49:54Z</CreateDate>" +
        "<Tags><member><Key>k</Key></member><member>t</member></Tags></User></GetUserResult>" +
        `<ResponseMetadata><RequestId>${FACTS.requestId}</RequestId></ResponseMetadata></GetUserResponse>`,
    );
  });

  it("answers with a result also where that has no members", () => {
    expect(queryProtocol.encode({}, FACTS).body).toContain("<GetUserResult></GetUserResult>");
  });

  it("writes no control character that XML has no place for", () => {
    const { body } = queryProtocol.encode({ A: "a\u0000b\u001bc\td" }, FACTS);
    expect(body).toContain("<A>a\ufffdb\ufffdc\td</A>");
  });

  it("says whose fault an error is", () => {
    const error = { code: "NoSuchEntity", message: "No.", isModelled: true };
    const { status, body } = queryProtocol.encodeError({ ...error, status: 404 }, FACTS);
    expect([status, body]).toEqual([
      404,
      `<ErrorResponse xmlns="${FACTS.xmlNamespace}"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>No.</Message></Error><RequestId>${FACTS.requestId}</RequestId></ErrorResponse>`,
    ]);
    expect(queryProtocol.encodeError({ ...error, status: 500 }, FACTS).body).toContain("Receiver");
  });
});

describe("RPC v2 CBOR", () => {
  it("reads texts, bytes, numbers and times", () => {
    // {"A": "a", "B": h'0102', "T": 1(1525106994.5)}, RFC 8949, sections 3.1 and 3.4.2.
    const body = Buffer.from("a36141616161424201026154c1fb41d6b9d24ca00000", "hex");
    const members = cborProtocol.decode(body, "");
    expect(members.text("A")).toBe("a");
    expect(members.blobOrNothing("B")?.reveal()).toEqual(Uint8Array.of(1, 2));
    expect(members.timeOrNothing("T")).toBe(1_525_106_994_500);
    members.end();
  });

  it("writes times under their tag, bytes as bytes, and nothing of what is undefined", () => {
    const { body, headers } = cborProtocol.encode(
      { At: new Timestamp(AT), Value: new Blob(Uint8Array.of(1)), List: [{ A: undefined }] },
      FACTS,
    );
    expect(headers).toMatchObject({ "smithy-protocol": "rpc-v2-cbor" });
    const read = decodeCbor(body as Uint8Array, {
      tags: Object.assign([], { 1: (d: () => unknown) => ["at", d()] }),
    });
    expect(read).toEqual({ At: ["at", 1_525_106_994.713], Value: Uint8Array.of(1), List: [{}] });
  });

  it.each([encodeCbor([1]), encodeCbor("text"), Uint8Array.of(0xff), Uint8Array.of(0xa1, 0x61)])(
    "refuses a body that is no map: %s",
    (body) => {
      expect(reasonOf(() => cborProtocol.decode(body, ""))).toBe("unreadable-body");
    },
  );

  it("refuses what nests too deep, before it costs stack", () => {
    let value: unknown = {};
    for (let i = 0; i < 100; i++) value = { a: value };
    expect(reasonOf(() => cborProtocol.decode(encodeCbor(value), ""))).toBe("unreadable-body");
    const nested = Buffer.concat([Buffer.alloc(200_000, 0x81), Uint8Array.of(0)]);
    expect(reasonOf(() => cborProtocol.decode(nested, ""))).toBe("unreadable-body");
  });
});

describe("a time that is none", () => {
  it.each([[Number.NaN], [1e300], ["never"]])("is refused as CBOR's tag 1 of %s", (seconds) => {
    // A map of one member, whose value has tag 1.
    const tagged = Buffer.concat([Buffer.from([0xa1, 0x61, 0x54, 0xc1]), encodeCbor(seconds)]);
    const members = cborProtocol.decode(tagged, "");
    expect(reasonOf(() => members.timeOrNothing("T"))).toBe("mistyped-member");
  });
});

describe.each<Protocol>([jsonProtocol, queryProtocol, cborProtocol])("$name", (protocol) => {
  it("refuses any bytes or reads them, and never throws anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expect(["unreadable-body", "not refused"]).toContain(
          reasonOf(() => protocol.decode(body, "")),
        );
      }),
    );
  });
});

describe("a member", () => {
  const members = (values: object): Members => new Members(values as Record<string, unknown>);
  const sentence = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof Refusal) return error.message;
    }
    throw new Error("it was not refused");
  };

  it("that is missing, too long or of another type is refused in AWS's words, without its value", () => {
    expect(sentence(() => members({}).text("SecretId"))).toBe(
      "1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null",
    );
    expect(sentence(() => members({ SecretId: "hunter2" }).text("SecretId", { max: 3 }))).toBe(
      "1 validation error detected: Value at 'secretId' failed to satisfy constraint: Member must have length less than or equal to 3",
    );
    const typed = sentence(() => members({ SecretId: ["hunter2"] }).text("SecretId"));
    expect(typed).toBe("The member 'secretId' must be a string.");
    const tags = members({ Tags: [{ Key: "a" }, { Key: "" }] });
    expect(
      sentence(() => tags.itemsOrNothing("Tags", (tag) => tag.text("Key", { min: 1 }))),
    ).toContain("at 'tags.2.member.key'");
  });

  it("that nobody asked for is refused, at any depth, without its name", () => {
    const outer = members({ SecretId: "s", hunter2: 1 });
    outer.text("SecretId");
    expect(sentence(() => outer.end())).toBe(
      "The request has a member that is not known here; those that are: SecretId.",
    );
    const inner = members({ Tags: [{ Key: "a", hunter2: 1 }] });
    const refusal = sentence(() => inner.itemsOrNothing("Tags", (tag) => tag.text("Key")));
    expect(refusal).toContain("'tags.1.member' has a member that is not known here");
    expect(refusal).not.toContain("hunter2");
  });

  it("that is null is not there, as newer clients send it", () => {
    const sent = members({ Description: null });
    expect(sent.textOrNothing("Description")).toBeUndefined();
    sent.end();
  });

  it.each(["a", "YQ=", "Y Q==", "YQ==\n", "====", 1])("is no base64 as %j", (value) => {
    expect(reasonOf(() => members({ B: value }).blobOrNothing("B"))).toBe("mistyped-member");
  });
});
