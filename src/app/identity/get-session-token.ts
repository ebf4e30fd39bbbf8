/** Credentials for a while, for whoever has lasting ones: a session of a user's own, bound to a code where one is shown. */
import { Refusal } from "../../kernel/errors.ts";
import { changeOperation } from "../operation.ts";
import { nameOf } from "./caller.ts";
import { targetOf } from "./find.ts";
import {
  DEFAULT_USER_SESSION_S,
  isInSession,
  MAX_GUARDED_SESSION_S,
  openerOf,
  openKeySession,
  type KeySession,
  type Opener,
} from "./key-sessions.ts";
import { assertWhole, isCodeShown, type ShownCode } from "./shown-code.ts";

export interface GetSessionTokenInput extends ShownCode {
  readonly durationSeconds?: number | undefined;
}

/** Needs no role: it gives nobody more than they have. */
export const getSessionToken = changeOperation<GetSessionTokenInput, Opener, KeySession>({
  name: "session.open",
  async locate(input, context) {
    assertWhole(input);
    const opener = await openerOf(context);
    const { owner } = opener.credential;
    const id = owner.kind === "user" ? owner.iamId : owner.id;
    return {
      target: targetOf(context.call, { kind: owner.kind, id, name: nameOf(owner) }),
      resource: null,
      subject: opener,
      refusal: isInSession(opener)
        ? new Refusal("forbidden", "Cannot call GetSessionToken with session credentials")
        : undefined,
    };
  },
  async run(input, { subject: opener }, context) {
    const isMfa = await isCodeShown(input, opener.credential, context);
    if (isMfa instanceof Refusal) return isMfa;
    const durationS = durationOf(input.durationSeconds, opener);
    const terms = { kind: "user", name: null, sourceIdentity: null, isMfa, policy: null } as const;
    return openKeySession({ opener, profile: null }, { ...terms, durationS }, context);
  },
});

/** The owner of the account is given no more than an hour, whatever is asked for. */
export function durationOf(asked: number | undefined, { caller }: Opener): number {
  const isRoot = caller.signedBy?.kind === "root";
  const wanted = asked ?? (isRoot ? MAX_GUARDED_SESSION_S : DEFAULT_USER_SESSION_S);
  return isRoot ? Math.min(wanted, MAX_GUARDED_SESSION_S) : wanted;
}
