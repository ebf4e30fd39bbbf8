/** Whoever acts, under the names that AWS would have for it: the ARN of a user or of a session, and the id beside it. */
import type { InitiatorType } from "../event.ts";
import { accountNumber, arnPart, iamArn } from "./cloudtrail-arn.ts";

/** What of an identity its names are made of. */
export interface Principal {
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly typeURI: InitiatorType;
  /** Who applies a trusted profile without having named the session. */
  readonly authnId?: string;
  readonly authnName?: string;
  readonly signedBy?: {
    readonly kind: "root" | "user" | "role" | "federated";
    readonly sessionName?: string;
  };
}

export interface PrincipalNames {
  /** `arn:aws:iam::ACCOUNT:user/NAME`, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` … */
  readonly arn: string;
  /** Of a role `ID:SESSION`, of a federated session `ACCOUNT:NAME`, of the root the account itself. */
  readonly userId: string;
  /** Twelve digits. */
  readonly account: string;
}

export function principalNames(principal: Principal): PrincipalNames {
  const { id, name, typeURI, signedBy } = principal;
  const account = accountNumber(principal.account);
  if (typeURI === "service/security/account/profile") {
    const session = sessionName(principal);
    const role = arnPart(name || id);
    const arn = `arn:aws:sts::${account}:assumed-role/${role}/${session}`;
    return { arn, userId: `${id}:${session}`, account };
  }
  if (signedBy?.kind === "root") {
    return { arn: `arn:aws:iam::${account}:root`, userId: account, account };
  }
  if (signedBy?.kind === "federated") {
    const whom = arnPart(signedBy.sessionName ?? "");
    const arn = `arn:aws:sts::${account}:federated-user/${whom}`;
    return { arn, userId: `${account}:${whom}`, account };
  }
  const kind = typeURI === "service/security/account/serviceid" ? "user/service-id" : "user";
  return { arn: iamArn(account, kind, name || id), userId: id, account };
}

function sessionName({ id, name, authnId, authnName, signedBy }: Principal): string {
  return arnPart(signedBy?.sessionName || authnName || authnId || name || id);
}
