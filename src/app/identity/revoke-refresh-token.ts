/** Revoking a refresh token (RFC 7009): its session ends, and with it whatever the session has given out. */
import { hash } from "node:crypto";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Identity } from "../call.ts";
import { changeOperation, type Located } from "../operation.ts";
import { leavingBy, locatedLeaving, refusedLeaving, type Leaving } from "./log-out.ts";

export interface RevokeInput {
  readonly refreshToken: Sensitive<string>;
}

export interface Revoked {
  readonly session: string;
  readonly endedSessions: number;
}

/** Of the hash of a token, in hexadecimal: enough to tell tokens apart, and too little to find one. */
export const FINGERPRINT_CHARS = 16;

/** Whoever has the token may give it up, and needs nothing else. Recorded by its fingerprint alone, known or not. */
export const revokeRefreshToken = changeOperation<RevokeInput, Leaving, Revoked>({
  name: "refreshtoken.revoke",
  forAnyone: true,
  async locate(input, context) {
    const leaving = await leavingBy(input, context);
    const located: Located<Leaving> =
      "refusal" in leaving
        ? refusedLeaving(notFound(leaving.refusal))
        : locatedLeaving(leaving.caller, context);
    return { ...located, facts: { refreshtoken: fingerprint(input.refreshToken) } };
  },
  async run(_input, { subject }, { store, now }) {
    if ("refusal" in subject) throw subject.refusal;
    const id = sessionOf(subject.caller);
    await store.logins.forgetExpiredLogins(now);
    return { session: id, endedSessions: await store.logins.endSession(id) };
  },
});

function fingerprint(token: Sensitive<string>): string {
  return hash("sha256", token.reveal(), "hex").slice(0, FINGERPRINT_CHARS);
}

/** Nothing is to be had by it any more: that is what was asked for, and no login that failed. */
function notFound({ details }: Refusal): Refusal {
  return new Refusal(
    "not_found",
    "There is no such refresh token, or its session is over.",
    details,
  );
}

function sessionOf({ session }: Identity): string {
  return session?.id ?? "";
}
