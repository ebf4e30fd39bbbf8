/** Ending a session that its refresh token no longer proves: all of its tokens are dropped at once. */
import type { Credential } from "../../identity/api-key.ts";
import { Refusal } from "../../kernel/errors.ts";
import { changeOperation } from "../operation.ts";
import { nameOf } from "./caller.ts";
import { inAccount } from "./find.ts";

export interface EndSessionInput {
  readonly session: string;
  readonly credentialId: string;
  /** Why, in a word fit for the record. */
  readonly because: "refresh-token-replayed";
}

export interface EndedSession {
  readonly apikeyId: string;
}

/** Done by the server itself; no role gives it. Recorded in the account whose session it was. */
export const endSession = changeOperation<EndSessionInput, Credential, EndedSession>({
  name: "session.end",
  async locate({ credentialId }, { store, call }) {
    const credential = await store.identity.credential(credentialId);
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
