/** A caller under the names that policies have for it. */
import { iamArn } from "../../audit/render/cloudtrail-arn.ts";
import { principalNames } from "../../audit/render/principal-arn.ts";
import type { Principal } from "../../identity/statements/principals.ts";
import type { Identity } from "../call.ts";

export interface KnownPrincipal extends Principal {
  /** What `aws:userid` says: of a session of a role with the session's name. */
  readonly userId: string;
}

/** Computed once for each caller as it is remembered. */
const known = new WeakMap<Identity, KnownPrincipal>();

export function principalOf(caller: Identity): KnownPrincipal {
  const held = known.get(caller);
  if (held) return held;
  const { arn, userId, account } = principalNames(caller);
  const kind = kindOf(caller);
  const principal: KnownPrincipal = {
    kind,
    account,
    arn,
    identity: identityArn(caller, kind, arn),
    id: caller.id,
    sessionId: kind === "role" ? userId : null,
    userId,
  };
  known.set(caller, principal);
  return principal;
}

function kindOf({ typeURI, signedBy }: Identity): Principal["kind"] {
  if (typeURI === "service/security/account/profile") return "role";
  return signedBy?.kind ?? "user";
}

function identityArn(caller: Identity, kind: Principal["kind"], arn: string): string {
  const { account, name, id } = caller;
  if (kind === "role") return iamArn(account, "role", name || id);
  // Whoever it was that named somebody else.
  return kind === "federated" ? principalNames({ ...caller, signedBy: { kind: "user" } }).arn : arn;
}
