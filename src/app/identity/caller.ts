/** An identity as the record names it, from the credential that it used. */
import type { InitiatorType } from "../../audit/event.ts";
import type { Credential, Principal } from "../../identity/api-key.ts";
import { isUserId } from "../../identity/user.ts";
import type { Identity } from "../call.ts";

export function callerOf({ key, owner }: Credential): Identity {
  return {
    kind: "identity",
    id: owner.iamId,
    name: nameOf(owner),
    account: owner.account,
    typeURI: initiatorTypeOf(owner.iamId),
    credentialType: owner.kind === "user" ? "apikey" : "apikey-serviceid",
    credentialId: key.id,
  };
}

/** A person goes by the e-mail address, which is unique in the account, as in IBM's events. */
export function nameOf(owner: Principal): string {
  return owner.kind === "user" ? owner.email : owner.name;
}

export function initiatorTypeOf(iamId: string): InitiatorType {
  return isUserId(iamId) ? "service/security/account/user" : "service/security/account/serviceid";
}
