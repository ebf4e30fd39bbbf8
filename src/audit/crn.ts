/** Cloud Resource Names, the form in which events name what they are about (IBM's profile, `target.id`). */

/** Where something is. `region` is `global` for identities; `instance` is null where there are none. */
export interface Place {
  readonly account: string;
  readonly region: string;
  readonly instance: string | null;
  /** Of the vault that an identity has for itself: whose it is. */
  readonly home?: Home;
}

export interface Home {
  readonly iamId: string;
  /** As policies and records call it: `users:bob`. */
  readonly principal: string;
}

/** The account that owns what belongs to no tenant: failed logins, the server's own doings. */
export const OPERATOR_ACCOUNT = "operator";

export function operatorPlace(): Place {
  return { account: OPERATOR_ACCOUNT, region: "global", instance: null };
}

/** `crn:v1:bluemix:public:SERVICE:REGION:a/ACCOUNT:INSTANCE:KIND:ID` */
export function crn(
  service: string,
  place: Place,
  resource?: { kind: string; id: string },
): string {
  const where = `crn:v1:bluemix:public:${service}:${place.region}:a/${place.account}:${place.instance ?? ""}`;
  return resource ? `${where}:${resource.kind}:${resource.id}` : `${where}::`;
}

export interface ParsedCrn extends Place {
  readonly service: string;
  readonly kind: string;
  readonly id: string;
}

const CRN = /^crn:v1:[^:]*:[^:]*:([^:]+):([^:]*):a\/([^:]+):([^:]*):([^:]*):(.*)$/;

export function parseCrn(text: string): ParsedCrn | undefined {
  const match = CRN.exec(text);
  if (!match) return undefined;
  const [, service = "", region = "", account = "", instance = "", kind = "", id = ""] = match;
  return { service, region, account, instance: instance === "" ? null : instance, kind, id };
}
