/** Times in certificates and revocation lists (RFC 5280, section 4.1.2.5): whole seconds of UTC. */
import type { Millis } from "../kernel/clock.ts";
import { contentOf, element, NotDer, TAG, type Element } from "./der.ts";

/** UTCTime has years of two digits: those from 1950 to 2049. */
const FIRST_LATE_YEAR = 2_050;
const DIGITS = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** UTCTime until 2049, GeneralizedTime from 2050 on. */
export function time(at: Millis): Uint8Array {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const isLate = Number(digits.slice(0, 4)) >= FIRST_LATE_YEAR;
  const text = Buffer.from(isLate ? digits : digits.slice(2));
  return element(isLate ? TAG.generalizedTime : TAG.utcTime, text);
}

/** Either of the two, with its seconds and in UTC; throws `NotDer` for any other, and for what is on no calendar. */
export function readTime(one: Element | undefined): Millis {
  const isLong = one?.tag === TAG.generalizedTime;
  const text = Buffer.from(contentOf(one, isLong ? TAG.generalizedTime : TAG.utcTime));
  const digits = `${isLong ? "" : centuryOf(text.toString("latin1"))}${text.toString("latin1")}`;
  const iso = digits.replace(DIGITS, "$1-$2-$3T$4:$5:$6.000Z");
  const at = iso === digits ? Number.NaN : Date.parse(iso);
  // The 30th of February is another day to the parser.
  if (Number.isNaN(at) || new Date(at).toISOString() !== iso) throw new NotDer("not a time");
  return at;
}

function centuryOf(digits: string): string {
  return digits >= "50" ? "19" : "20";
}
