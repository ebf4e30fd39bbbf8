/** What is said to whoever may not do something: in AWS's words where AWS's clients ask, or where a policy says so. */
import { catalogue, type OperationName } from "../../audit/catalogue.ts";
import { accountNumber, regionOf } from "../../audit/render/cloudtrail-arn.ts";
import { rolesAllowing } from "../../identity/roles.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Call } from "../call.ts";
import { actionOf } from "./judge.ts";
import { principalOf } from "./principal.ts";

/** `details.reason` of these refusals. */
export type Ground =
  | "no-identity-policy"
  | "no-resource-policy"
  | "no-session-policy"
  | "denied-by-resource"
  | "denied-by-document"
  | "denied-by-session";

const GROUNDS: Readonly<Record<Ground, (action: string) => string>> = {
  "no-identity-policy": (action) => `because no identity-based policy allows the ${action} action`,
  "no-resource-policy": (action) => `because no resource-based policy allows the ${action} action`,
  "no-session-policy": (action) => `because no session policy allows the ${action} action`,
  "denied-by-resource": () => "with an explicit deny in a resource-based policy",
  "denied-by-document": () => "with an explicit deny in an identity-based policy",
  "denied-by-session": () => "with an explicit deny in a session policy",
};

export function refusedByRole(permission: OperationName, call: Call): Refusal {
  return refusedBy({ ground: "no-identity-policy", permission }, call);
}

export interface Refused {
  readonly ground: Ground;
  readonly permission: OperationName;
  /** Otherwise the sentence is the same whether or not there is what was asked for. */
  readonly resource?: string;
}

export function refusedBy({ ground, permission, resource }: Refused, call: Call): Refusal {
  const { caller } = call;
  if (caller.kind !== "identity") {
    return new Refusal("unauthenticated", "The request carries no credential.");
  }
  const roles = rolesAllowing(permission);
  const details = { permission, roles, reason: ground };
  if (!caller.signedBy && ground === "denied-by-document") {
    return new Refusal("forbidden", "A policy of the account denies this.", details);
  }
  // Whoever asks by a wire without such policies hears which roles would do.
  if (!caller.signedBy && (ground === "no-identity-policy" || ground === "no-resource-policy")) {
    return new Refusal("forbidden", `This needs one of the roles ${roles.join(", ")} here.`, {
      permission,
      roles,
    });
  }
  const action = actionOf(permission);
  const sentence = `User: ${principalOf(caller).arn} is not authorized to perform: ${action} on resource: ${resource ?? kindIn(call, permission)} ${GROUNDS[ground](action)}`;
  return new Refusal("forbidden", sentence, details);
}

/** All there may be of the kind. */
function kindIn({ place }: Call, permission: OperationName): string {
  if (!catalogue[permission].action.startsWith("secrets-manager.")) return "*";
  const where = `${regionOf(place.region)}:${accountNumber(place.account)}`;
  return `arn:aws:secretsmanager:${where}:secret:*`;
}
