import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { element, NotDer, oid, sequence, setOf, TAG } from "./der.ts";
import { encodeName, MAX_VALUES, NO_SUBJECT, readName, type Subject } from "./names.ts";

const text = fc.stringMatching(/^[A-Za-z0-9 äß東.,+="#<>;\\-]{1,40}$/);
const values = fc.array(text, { maxLength: 3 });
const subjects: fc.Arbitrary<Subject> = fc.record({
  commonName: fc.option(text),
  organization: values,
  ou: values,
  locality: values,
  province: values,
  streetAddress: values,
  postalCode: values,
  userIds: values,
  country: fc.array(fc.stringMatching(/^[A-Z]{2}$/), { maxLength: 2 }),
  serialNumber: fc.option(fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/)),
});

const attribute = (type: string, tag: number, value: Uint8Array) =>
  sequence(setOf(sequence(oid(type), element(tag, value))));

describe("a name", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(subjects, (subject) => {
        expect(readName(encodeName(subject)).subject).toEqual(subject);
      }),
    );
  });

  it("is one line of text, whatever is in it", () => {
    const odd = attribute("2.5.4.3", TAG.utf8String, Buffer.from(' a,b+c\n"d" '));
    expect(readName(odd).text).toBe(String.raw`CN=\ a\,b\+c\0a\"d\"\ `);
    const name = { ...NO_SUBJECT, commonName: "a.example.com", country: ["US"], ou: ["x", "y"] };
    expect(readName(encodeName(name)).text).toBe("C=US, OU=x, OU=y, CN=a.example.com");
  });

  it("keeps what it does not know, by its number, and values that stand together", () => {
    const name = sequence(
      setOf(
        sequence(oid("1.2.3.4"), element(TAG.utf8String, Buffer.from("x"))),
        sequence(oid("2.5.4.3"), element(TAG.ia5String, Buffer.from("cn"))),
      ),
    );
    expect(readName(name)).toMatchObject({
      subject: { commonName: "cn" },
      text: "1.2.3.4=x+CN=cn",
    });
  });

  it("is read in the strings of old certificates too", () => {
    const read = (tag: number, value: string, encoding: BufferEncoding) =>
      readName(attribute("2.5.4.10", tag, Buffer.from(value, encoding))).subject.organization;
    expect(read(TAG.teletexString, "Müller", "latin1")).toEqual(["Müller"]);
    expect(read(TAG.printableString, "Plain", "utf8")).toEqual(["Plain"]);
    expect(
      readName(attribute("2.5.4.10", TAG.bmpString, Buffer.from("0041", "hex"))).subject,
    ).toEqual({
      ...NO_SUBJECT,
      organization: ["A"],
    });
  });

  it("is refused by its own error where it is not one", () => {
    expect(() => readName(Uint8Array.of(1, 2, 3))).toThrow(NotDer);
    const notUtf8 = attribute("2.5.4.3", TAG.utf8String, Uint8Array.of(0xff));
    expect(() => readName(notUtf8)).toThrow(NotDer);
    const many = Array.from({ length: 101 }, () => setOf());
    expect(() => readName(sequence(...many))).toThrow(NotDer);
  });

  const wrong: Readonly<Record<string, Partial<Subject>>> = {
    "an empty value": { organization: [""] },
    "a value that is too long": { commonName: "x".repeat(65) },
    "a control character": { ou: ["a\nb"] },
    "a broken character": { locality: ["\ud800"] },
    "a country of more than two letters": { country: ["USA"] },
    "a country of digits": { country: ["12"] },
    "a serial number outside its alphabet": { serialNumber: "a*b" },
    "too many values": { ou: Array(MAX_VALUES + 1).fill("x") as string[] },
  };
  for (const [what, part] of Object.entries(wrong)) {
    it(`is not made with ${what}`, () => {
      expect(() => encodeName({ ...NO_SUBJECT, ...part })).toThrow(
        expect.objectContaining({ code: "invalid_request" }),
      );
    });
  }

  it("is refused without a word of what it was to be", () => {
    expect(() => encodeName({ ...NO_SUBJECT, ou: ["hunter2\n"] })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
    );
  });
});
