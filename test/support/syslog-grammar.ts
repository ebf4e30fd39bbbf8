/** RFC 5424, section 6, and RFC 3164, section 4.1, as grammars: what a message is, or where it is none. */

export interface SyslogMessage {
  readonly pri: number;
  readonly time: string;
  readonly host: string;
  readonly app: string;
  readonly msgid: string;
  /** By SD-ID and PARAM-NAME, unescaped. */
  readonly sd: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Without the byte order mark. */
  readonly msg: string;
}

const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d`;
const DATE = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const ZONE = String.raw`(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`;
const PRI = String.raw`<(?<pri>0|[1-9]\d{0,2})>`;
const TIMESTAMP = String.raw`(?<time>-|${DATE}T${CLOCK}(?:\.\d{1,6})?${ZONE})`;
/** HOSTNAME, APP-NAME, PROCID, MSGID. */
const SENDER = "(?<host>[!-~]{1,255}) (?<app>[!-~]{1,48}) [!-~]{1,128} (?<msgid>[!-~]{1,32})";
const HEADER = new RegExp(`^${PRI}1 ${TIMESTAMP} ${SENDER} `);
/** SD-NAME: no `=`, space, `]` or `"`. */
const NAME = String.raw`[!#-<>-\\^-~]{1,32}`;
const ELEMENT = new RegExp(
  `^\\[(${NAME})((?: ${NAME}="(?:[^"\\\\\\]]|\\\\["\\\\\\]])*")*)\\]`,
  "s",
);
const PARAM = new RegExp(` (${NAME})="((?:[^"\\\\\\]]|\\\\["\\\\\\]])*)"`, "gs");
/** RFC 5424, section 7, and RFC 5848, section 4.2, and private ones. */
const REGISTERED = new Set(["timeQuality", "origin", "meta", "ssign", "ssign-cert"]);
const PRIVATE = /^[^@]+@\d+(?:\.\d+)*$/;
const BOM = "\ufeff";

const MAX_PRI = 191;

/** Throws an Error that says what is wrong. */
export function parseRfc5424(bytes: Uint8Array): SyslogMessage {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const header = HEADER.exec(text);
  const { pri = "", time = "", host = "", app = "", msgid = "" } = header?.groups ?? {};
  if (!header || Number(pri) > MAX_PRI) throw new Error("no header of RFC 5424");
  const { sd, rest } = parseSd(text.slice(header[0].length));
  if (rest !== "" && !rest.startsWith(" ")) throw new Error("no space before the message");
  const msg = rest.slice(1);
  if (/[\r\n]/.test(text)) throw new Error("a line ends within the message");
  const shown = msg.startsWith(BOM) ? msg.slice(BOM.length) : msg;
  return { pri: Number(pri), time, host, app, msgid, sd, msg: shown };
}

function parseSd(text: string): { readonly sd: SyslogMessage["sd"]; readonly rest: string } {
  if (text.startsWith("-")) return { sd: {}, rest: text.slice(1) };
  const sd: Record<string, Record<string, string>> = {};
  let rest = text;
  for (let element = ELEMENT.exec(rest); element; element = ELEMENT.exec(rest)) {
    const [whole, id = "", params = ""] = element;
    if (!REGISTERED.has(id) && !PRIVATE.test(id)) throw new Error(`no SD-ID: ${id}`);
    if (Object.hasOwn(sd, id)) throw new Error(`twice: ${id}`);
    const found = [...params.matchAll(PARAM)].map(([, name = "", value = ""]) => {
      return [name, value.replaceAll(/\\(["\\\]])/g, "$1")] as const;
    });
    if (new Set(found.map(([name]) => name)).size < found.length) throw new Error("a name twice");
    sd[id] = Object.fromEntries(found);
    rest = rest.slice(whole.length);
  }
  if (Object.keys(sd).length === 0) throw new Error("no structured data");
  return { sd, rest };
}

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const DAY = String.raw`(?: [1-9]|[12]\d|3[01])`;
const OLD = new RegExp(
  `^${PRI}(?<time>${MONTH} ${DAY} ${CLOCK}) (?<host>[!-~]+) (?<content>.*)$`,
  "s",
);

export interface OldMessage {
  readonly pri: number;
  readonly time: string;
  readonly host: string;
  readonly content: string;
}

/** Throws an Error that says what is wrong. */
export function parseRfc3164(bytes: Uint8Array): OldMessage {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const { pri = "", time = "", host = "", content = "" } = OLD.exec(text)?.groups ?? {};
  if (time === "" || Number(pri) > MAX_PRI) throw new Error("no header of RFC 3164");
  if (/[\r\n]/.test(text)) throw new Error("a line ends within the message");
  return { pri: Number(pri), time, host, content };
}
