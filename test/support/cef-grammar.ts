/** CEF:0 as a grammar, with its dictionary: what a line is, or where it is none. */
import { isIPv4, isIPv6 } from "node:net";

export interface CefLine {
  readonly vendor: string;
  readonly product: string;
  readonly version: string;
  readonly signatureId: string;
  readonly name: string;
  readonly severity: number;
  /** Unescaped. */
  readonly extension: Readonly<Record<string, string>>;
}

const FIELD = String.raw`(?:[^|\\\r\n]|\\[|\\])*`;
const LINE = new RegExp(
  `^CEF:0\\|(${FIELD})\\|(${FIELD})\\|(${FIELD})\\|(${FIELD})\\|(${FIELD})\\|(\\d+)\\|(.*)$`,
  "su",
);
/** A value ends where ` key=` begins: an equals sign within it is escaped. */
const PAIR = /([A-Za-z0-9_]+)=((?:[^=\\\r\n]|\\[=\\nr])*?)(?= [A-Za-z0-9_]+=|$)/gu;

/** Implementing ArcSight CEF, "CEF Key Names for Event Producers": lengths in characters. */
const LENGTHS: Readonly<Record<string, number>> = {
  externalId: 40,
  act: 63,
  outcome: 63,
  cat: 1_023,
  reason: 1_023,
  msg: 1_023,
  suser: 1_023,
  suid: 1_023,
  duser: 1_023,
  duid: 1_023,
  filePath: 1_023,
  request: 1_023,
  requestMethod: 1_023,
  requestClientApplication: 1_023,
  dvchost: 100,
  deviceExternalId: 255,
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`cs${n}`, 4_000])),
};
const NUMBERS = new Set(["rt", "start", "cn1", "cn2", "cn3"]);
const LABELLED = /^(?:c[ns][1-6]|c6a[1-4])$/;

/** Throws an Error that says what is wrong. */
export function parseCef(line: string): CefLine {
  const [, vendor, product, version, signatureId, name, severity, rest] = LINE.exec(line) ?? [];
  if (rest === undefined || !line.isWellFormed()) throw new Error("no line of CEF");
  const extension = parseExtension(rest);
  const header = [vendor, product, version, signatureId, name].map((text = "") => {
    if (text === "") throw new Error("an empty field of the header");
    return text.replaceAll(/\\([|\\])/g, "$1");
  });
  if (Number(severity) > 10) throw new Error("no severity");
  const [named = "", made = "", numbered = "", id = "", called = ""] = header;
  return {
    vendor: named,
    product: made,
    version: numbered,
    signatureId: id,
    name: called,
    severity: Number(severity),
    extension,
  };
}

function parseExtension(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(PAIR)].map(([, key = "", value = ""]) => [key, value] as const);
  if (pairs.map(([key, value]) => `${key}=${value}`).join(" ") !== text) {
    throw new Error("no extension");
  }
  const extension = Object.fromEntries(pairs.map(([key, value]) => [key, unescaped(value)]));
  if (Object.keys(extension).length < pairs.length) throw new Error("a key twice");
  for (const [key, value] of Object.entries(extension)) assertFits(key, value, extension);
  return extension;
}

function assertFits(key: string, value: string, extension: Readonly<Record<string, string>>): void {
  if (value.length > (LENGTHS[key] ?? Infinity)) throw new Error(`${key} is too long`);
  if (NUMBERS.has(key) && !/^-?\d+$/.test(value)) throw new Error(`${key} is no number`);
  if (key === "src" && !isIPv4(value)) throw new Error("src is no address of IPv4");
  if (key === "c6a2" && !isIPv6(value)) throw new Error("c6a2 is no address of IPv6");
  if (LABELLED.test(key) && !extension[`${key}Label`]) throw new Error(`${key} has no label`);
}

function unescaped(value: string): string {
  return value.replaceAll(/\\([=\\nr])/g, (_, char: string) =>
    char === "n" ? "\n" : char === "r" ? "\r" : char,
  );
}
