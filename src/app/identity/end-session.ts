/**
 * The end of a session whose refresh token came twice: somebody holds a copy, and nobody can tell whose it is. All
 * of its tokens are dropped (RFC 9700, section 4.14.2), and the account's trail says so.
 */
import type { Credential } from "../../identity/api-key.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Call } from "../call.ts";
import { changeOperation } from "../operation.ts";
import type { Performer } from "../perform.ts";
import { nameOf } from "./caller.ts";
import { inAccount } from "./find.ts";

export interface EndSessionInput {
  readonly session: string;
  readonly because: "refresh-token-replayed";
}

export interface EndedSession {
  readonly apikeyId: string;
}

/** Done by the server itself: no role gives it. Stands in the trail of the account whose session it was. */
export const endSession = changeOperation<EndSessionInput, Credential, EndedSession>({
  name: "session.end",
  async locate({ session }, { store, call }) {
    const credential = await store.identity.credentialOfSession(session);
    if (!credential) throw new Refusal("not_found", "The session is over.");
    const { owner } = credential;
    const inItsAccount = { ...call, place: { ...call.place, account: owner.account } };
    const id = owner.kind === "user" ? owner.iamId : owner.id;
    const target = { kind: owner.kind, id, name: nameOf(owner) };
    return inAccount("session.end", inItsAccount, { target, subject: credential });
  },
  async run({ session }, { subject: credential }, { store }) {
    await store.identity.endSession(session);
    return { apikeyId: credential.key.id };
  },
});

/**
 * Ends the session that a refused login names, if it was refused for a token that had been used before. An operation
 * of its own, since a refused one leaves nothing behind; a crash between the two leaves the session to the thief and
 * the owner alike, until either presents a used token again.
 */
export async function endReplayedSession(
  performer: Performer,
  call: Call,
  refusal: Refusal,
): Promise<void> {
  const { session } = refusal.details;
  if (typeof session !== "string") return;
  const byServer: Call = { ...call, caller: { kind: "internal", job: "sessions" } };
  await performer.perform(endSession, byServer, () => ({
    session,
    because: "refresh-token-replayed",
  }));
}
