/** What an identity that is deleted leaves: every trusted profile that trusts it, each with an event of its own. */
import type { Principal } from "../../identity/api-key.ts";
import { targetOf } from "../identity/find.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { findProfile, profileTarget } from "./find.ts";

/** Sessions of the profiles go on, but for those of the identity itself, whose credentials go with it. */
export async function loseTrust(
  { account, iamId }: Pick<Principal, "account" | "iamId">,
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, also } = context;
  for (const trust of await store.profiles.profilesTrusting(account, iamId)) {
    const { profile: id, kind: identityType, identifier } = trust;
    await store.profiles.deleteProfileIdentity(trust, identityType, identifier);
    also({
      operation: "profile-identity.delete",
      target: targetOf(call, profileTarget(await findProfile(id, context))),
      input: { id, identityType, identifier },
      output: {},
    });
  }
}
