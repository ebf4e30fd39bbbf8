/** Times as CloudTrail writes them inside of requests and answers: in English, UTC, on a clock of twelve hours. */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `May 3, 2018 5:51:02 PM`: in the answers of Secrets Manager. */
export function awsDate(at: Date): string {
  return `${dayOf(at)} ${timeOf(at)}`;
}

/** `Nov 21, 2026, 10:31:07 AM`: in those of services that are younger, or were written anew. */
export function awsDateWithComma(at: Date): string {
  return `${dayOf(at)}, ${timeOf(at)}`;
}

/** A time as it was recorded, RFC 3339 or milliseconds since the epoch; undefined for anything else. */
export function recordedTime(value: unknown): Date | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

function dayOf(at: Date): string {
  return `${MONTHS[at.getUTCMonth()]} ${at.getUTCDate()}, ${at.getUTCFullYear()}`;
}

function timeOf(at: Date): string {
  const hour = at.getUTCHours();
  const [minute, second] = [at.getUTCMinutes(), at.getUTCSeconds()].map((n) =>
    `${n}`.padStart(2, "0"),
  );
  return `${hour % 12 || 12}:${minute}:${second} ${hour < 12 ? "AM" : "PM"}`;
}
