/** What goes wrong with a certificate authority, as the faults of the port: problem documents, silence, nonsense. */
import { z } from "zod";
import { AcmeFault } from "../app/secrets/acme.ts";
import type { AcmeAnswer } from "./requests.ts";

/** What of an authority's words is passed on. */
export const MAX_DETAIL_CHARS = 500;
/** However long it asks to be left alone. */
export const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

const TYPE_PREFIX = "urn:ietf:params:acme:error:";

/** RFC 7807, and section 6.7.1 of RFC 8555 for the parts that each name has. */
export const problemSchema = z.object({
  type: z.string().optional(),
  detail: z.string().optional(),
  subproblems: z
    .array(z.object({ type: z.string().optional(), detail: z.string().optional() }))
    .optional(),
});

export type Problem = z.infer<typeof problemSchema>;

/** The types of RFC 8555, section 6.7, that an order can meet with, in words for whoever ordered. */
const SENTENCES: Readonly<Record<string, string>> = {
  accountDoesNotExist:
    "The certificate authority knows no account with the key of the configuration: register it there first.",
  badCSR: "The certificate authority does not accept the request: another type of key may do.",
  badNonce: "The certificate authority does not accept its own nonces.",
  badPublicKey: "The certificate authority does not accept the key of the account.",
  badSignatureAlgorithm:
    "The certificate authority does not accept signatures by the key of the account.",
  caa: "A CAA record forbids the certificate authority to issue for a name of the order.",
  compound: "The certificate authority refuses more than one name of the order.",
  connection: "The certificate authority could not reach the name servers of a name of the order.",
  dns: "The certificate authority did not find the record of a name of the order.",
  incorrectResponse:
    "The record of a name of the order does not have the value that was asked for.",
  malformed: "The certificate authority does not understand the order.",
  orderNotReady: "The certificate authority is not ready to sign yet.",
  rateLimited: "The certificate authority asks to be left alone for a while: too much was ordered.",
  rejectedIdentifier: "The certificate authority issues nothing for a name of the order.",
  serverInternal: "The certificate authority has a fault of its own.",
  unauthorized: "The certificate authority did not find what proves a name of the order.",
  unsupportedIdentifier: "The certificate authority issues nothing for names of this kind.",
  userActionRequired:
    "The certificate authority has new terms that the account's owner has to agree to, there.",
};

/** These pass. */
const PASSING = new Set(["badNonce", "orderNotReady", "rateLimited", "serverInternal"]);

export function unreachable(cause: unknown): AcmeFault {
  const message = "The certificate authority cannot be reached, or does not answer in time.";
  return new AcmeFault("unreachable", message, { isFinal: false, cause });
}

/** It may be in disorder for a while: what it says is asked for again. */
export function notUnderstood(what: string): AcmeFault {
  const message = "The certificate authority does not answer as RFC 8555 asks.";
  return new AcmeFault("notUnderstood", message, { detail: `It answers ${what}.`, isFinal: false });
}

/** Of an answer that is no success. */
export function faultOf(answer: AcmeAnswer): AcmeFault {
  const { status, headers } = answer;
  const isPassing = status >= 500 || status === 429;
  const problem = problemIn(answer);
  if (!problem && !isPassing) return notUnderstood(`with the status ${status}`);
  const unsaid = { type: `${TYPE_PREFIX}${status === 429 ? "rateLimited" : "serverInternal"}` };
  return faultOfProblem(problem ?? unsaid, { isPassing, retryAfterMs: retryAfterOf(headers) });
}

/** Of a problem by itself: of an order, of a challenge, of an answer. */
export function faultOfProblem(
  problem: Problem,
  how: { readonly isPassing?: boolean; readonly retryAfterMs?: number } = {},
): AcmeFault {
  const code = codeOf(problem);
  const message = SENTENCES[code] ?? "The certificate authority refuses, for a reason of its own.";
  return new AcmeFault(code, message, {
    detail: detailOf(problem),
    isFinal: !(how.isPassing ?? false) && !PASSING.has(code),
    retryAfterMs: how.retryAfterMs ?? 0,
  });
}

export function isProblem({ headers }: AcmeAnswer): boolean {
  return headers.get("content-type")?.startsWith("application/problem+json") ?? false;
}

/** RFC 9110, section 10.2.3: seconds, or a date, which is held against the answer's own. */
export function retryAfterOf(headers: Headers): number {
  const text = headers.get("retry-after");
  if (text === null) return 0;
  const ms = /^\d{1,9}$/.test(text)
    ? Number(text) * 1_000
    : Date.parse(text) - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

function problemIn(answer: AcmeAnswer): Problem | undefined {
  if (!isProblem(answer)) return undefined;
  try {
    return problemSchema.parse(JSON.parse(answer.body));
  } catch {
    return undefined;
  }
}

/** Only words that are known: the code goes into the record. */
function codeOf({ type = "" }: Problem): string {
  const code = type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : "";
  return Object.hasOwn(SENTENCES, code) ? code : "refused";
}

function detailOf({ detail = "", subproblems = [] }: Problem): string {
  const all = [detail, ...subproblems.map((one) => one.detail ?? "")].filter((one) => one !== "");
  return all
    .join(" ")
    .replaceAll(/[\p{Cc}\p{Cs}]+/gu, " ")
    .slice(0, MAX_DETAIL_CHARS);
}
