/** The names of subjects and issuers (X.501; RFC 5280, section 4.1.2.4): read, written, and as a line of text. */
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import { Refusal } from "../kernel/errors.ts";
import {
  element,
  NotDer,
  oid,
  readElement,
  readOid,
  sequence,
  setOf,
  TAG,
  within,
  type Element,
} from "./der.ts";

/** What a subject is asked to be called, in the fields of IBM's wire. Empty lists and null are left out of the name. */
export interface Subject {
  readonly commonName: string | null;
  readonly organization: readonly string[];
  readonly ou: readonly string[];
  readonly locality: readonly string[];
  readonly province: readonly string[];
  readonly country: readonly string[];
  readonly streetAddress: readonly string[];
  readonly postalCode: readonly string[];
  /** The subject's own, of a device say (X.520); not the certificate's. */
  readonly serialNumber: string | null;
  readonly userIds: readonly string[];
}

export const NO_SUBJECT: Subject = {
  commonName: null,
  organization: [],
  ou: [],
  locality: [],
  province: [],
  country: [],
  streetAddress: [],
  postalCode: [],
  serialNumber: null,
  userIds: [],
};

/** Values of one kind in a name. */
export const MAX_VALUES = 10;
/** Attributes of a name that is read, whatever they are. */
export const MAX_ATTRIBUTES = 100;

interface Attribute {
  readonly field: keyof Subject;
  readonly oid: string;
  /** As it stands in a line of text (RFC 4514). */
  readonly short: string;
  /** The upper bound of RFC 5280, appendix A.1; of those that have none there, one of ours. */
  readonly maxChars: number;
}

/** In the order in which a name has them, the widest first. */
const ATTRIBUTES: readonly Attribute[] = [
  { field: "country", oid: "2.5.4.6", short: "C", maxChars: 2 },
  { field: "province", oid: "2.5.4.8", short: "ST", maxChars: 128 },
  { field: "locality", oid: "2.5.4.7", short: "L", maxChars: 128 },
  { field: "streetAddress", oid: "2.5.4.9", short: "STREET", maxChars: 128 },
  { field: "postalCode", oid: "2.5.4.17", short: "postalCode", maxChars: 40 },
  { field: "organization", oid: "2.5.4.10", short: "O", maxChars: 64 },
  { field: "ou", oid: "2.5.4.11", short: "OU", maxChars: 64 },
  { field: "commonName", oid: "2.5.4.3", short: "CN", maxChars: 64 },
  { field: "serialNumber", oid: "2.5.4.5", short: "serialNumber", maxChars: 64 },
  { field: "userIds", oid: "0.9.2342.19200300.100.1.1", short: "UID", maxChars: 256 },
];

/** These two are PrintableString by their definition; the others are UTF-8. */
const PRINTABLE: readonly (keyof Subject)[] = ["country", "serialNumber"];
const PRINTABLE_TEXT = /^[A-Za-z0-9 '()+,\-./:=?]+$/;
// oxlint-disable-next-line no-control-regex -- that is what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What names may have besides: whom to write to (PKCS #9), and a text about whom they name (X.520). */
export interface FurtherNames {
  readonly emailAddress?: string | undefined;
  readonly description?: string | undefined;
}

const EMAIL_ADDRESS = "1.2.840.113549.1.9.1";
const MAX_NAMED_EMAIL_CHARS = 255;
const DESCRIPTION = "2.5.4.13";
const MAX_DESCRIPTION_CHARS = 1_024;

/** A name in DER. Refuses values that no name can have; never quotes them. */
export function encodeName(subject: Subject, further: FurtherNames = {}): Uint8Array {
  const parts = ATTRIBUTES.flatMap((attribute) =>
    valuesOf(subject, attribute).map((value) => {
      const tag = PRINTABLE.includes(attribute.field) ? TAG.printableString : TAG.utf8String;
      return setOf(sequence(oid(attribute.oid), element(tag, utf8(value))));
    }),
  );
  return sequence(...parts, ...encodeFurther(further));
}

function encodeFurther({ emailAddress, description }: FurtherNames): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  if (emailAddress !== undefined) {
    if (emailAddress.length > MAX_NAMED_EMAIL_CHARS || !/^[!-~]+@[!-~]+$/.test(emailAddress)) {
      throw badText("emailAddress", "An e-mail address in a name is one, in ASCII.");
    }
    const value = element(TAG.ia5String, utf8(emailAddress));
    parts.push(setOf(sequence(oid(EMAIL_ADDRESS), value)));
  }
  if (description !== undefined) {
    const isText = description.isWellFormed() && !CONTROL.test(description);
    if (!isText || description.length === 0 || description.length > MAX_DESCRIPTION_CHARS) {
      const sentence = `A description in a name has 1 to ${MAX_DESCRIPTION_CHARS} characters, none of them a control character.`;
      throw badText("description", sentence);
    }
    parts.push(setOf(sequence(oid(DESCRIPTION), element(TAG.utf8String, utf8(description)))));
  }
  return parts;
}

function badText(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}

function valuesOf(subject: Subject, { field, maxChars }: Attribute): readonly string[] {
  const given = subject[field] ?? [];
  const values = typeof given === "string" ? [given] : given;
  if (values.length > MAX_VALUES) {
    throw new Refusal("invalid_request", `A name has at most ${MAX_VALUES} values of one kind.`, {
      field,
    });
  }
  for (const value of values) {
    const isText = value.length > 0 && value.isWellFormed() && !CONTROL.test(value);
    const isOfForm = !PRINTABLE.includes(field) || PRINTABLE_TEXT.test(value);
    if (!isText || !isOfForm || value.length > maxChars) {
      const sentence = `A value of ${field} in a name has 1 to ${maxChars} characters, none of them a control character.`;
      throw new Refusal("invalid_request", sentence, { field });
    }
    if (field === "country" && !/^[A-Za-z]{2}$/.test(value)) {
      throw new Refusal("invalid_request", "A country is a code of two letters.", { field });
    }
  }
  return values;
}

export interface ReadName {
  readonly subject: Subject;
  /** `C=US, O=Example, CN=example.com`, in the order of the name; `+` between values that stand together. */
  readonly text: string;
}

/** Reads a name in DER. Attributes that `Subject` does not have are in the text alone. Throws `NotDer`. */
export function readName(der: Uint8Array): ReadName {
  const sets = within(readElement(der), TAG.sequence);
  const elements = sets.map((one) => within(one, TAG.set));
  if (elements.flat().length > MAX_ATTRIBUTES) throw new NotDer("a name without end");
  if (elements.some((together) => together.length === 0)) throw new NotDer("a set of none");
  const parts = elements.map((together) => together.map(readAttribute));
  const found = parts.flat();
  const all = (field: keyof Subject): readonly string[] =>
    found.filter((one) => one.attribute?.field === field).map((one) => one.value);
  return {
    subject: {
      // The last one is the most specific one.
      commonName: all("commonName").at(-1) ?? null,
      organization: all("organization"),
      ou: all("ou"),
      locality: all("locality"),
      province: all("province"),
      country: all("country"),
      streetAddress: all("streetAddress"),
      postalCode: all("postalCode"),
      serialNumber: all("serialNumber").at(-1) ?? null,
      userIds: all("userIds"),
    },
    text: parts.map((together) => together.map((one) => one.text).join("+")).join(", "),
  };
}

interface ReadAttribute {
  readonly attribute: Attribute | undefined;
  readonly value: string;
  readonly text: string;
}

function readAttribute(one: Element): ReadAttribute {
  const [type, content, ...rest] = within(one, TAG.sequence);
  if (!content || rest.length > 0) throw new NotDer("not an attribute of a name");
  const dotted = readOid(type);
  const attribute = ATTRIBUTES.find((known) => known.oid === dotted);
  const value = textOf(content);
  return { attribute, value, text: `${attribute?.short ?? dotted}=${escaped(value)}` };
}

/** A string of any of the kinds that names have. What is no string is given as hexadecimal (RFC 4514, section 2.4). */
export function textOf({ tag, content, bytes }: Element): string {
  switch (tag) {
    case TAG.utf8String:
    case TAG.printableString:
    case TAG.ia5String:
    case NUMERIC_STRING:
      return decoded(content);
    case TAG.teletexString:
      return Buffer.from(content).toString("latin1");
    case TAG.bmpString:
      if (content.length % 2 === 1) throw new NotDer("half a character");
      return Buffer.from(content).swap16().toString("utf16le");
    default:
      return `#${Buffer.from(bytes).toString("hex")}`;
  }
}

const NUMERIC_STRING = 0x12;

function decoded(content: Uint8Array): string {
  try {
    return fromUtf8(content);
  } catch {
    throw new NotDer("not UTF-8");
  }
}

/** RFC 4514, section 2.4, and control characters, so that a line stays a line. */
function escaped(value: string): string {
  const text = value
    .replaceAll(/[,+"\\<>;]/g, String.raw`\$&`)
    .replaceAll(/^[ #]| $/g, String.raw`\$&`);
  return text.replaceAll(
    new RegExp(CONTROL, "g"),
    (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
