/**
 * Whom a policy names. It is kept with the ids of identities in place of their names, as AWS keeps it: whoever bears a name
 * later is not meant, and one who has been renamed still is. Shown, it has the names again.
 */
import { accountNumber, arnPart, iamArn } from "../../audit/render/cloudtrail-arn.ts";
import { malformed, MAX_POLICY_DEPTH } from "../../identity/statements/document.ts";
import { parseJson } from "../../identity/statements/json.ts";
import { isActingServiceId } from "../../identity/service-id.ts";
import { isActingProfile } from "../../identity/trusted-profile.ts";
import { isUserId } from "../../identity/user.ts";
import type { Refusal } from "../../kernel/errors.ts";
import { nameOf } from "../identity/caller.ts";
import { whoIs, type PrincipalName } from "../profiles/principals.ts";
import type { View } from "../state.ts";

type Rename = (principal: string) => Promise<string>;

/** Of a policy that has been read. Refuses one that names an identity that there is not. */
export function boundToIdentities(text: string, view: View): Promise<string> {
  return renamed(text, (principal) => idOf(principal, view));
}

/** An identity that is no more stays an id. */
export function namingIdentities(text: string, view: View): Promise<string> {
  return renamed(text, (principal) => nameFor(principal, view));
}

type Json = Record<string, unknown>;

/** The text as it is, where nobody in it has another name. */
async function renamed(text: string, rename: Rename): Promise<string> {
  const policy = parseJson(text, { maxDepth: MAX_POLICY_DEPTH, malformed }) as Json;
  const { Statement: given } = policy;
  let isChanged = false;
  const each = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map(each));
    if (typeof value !== "string") return value;
    const name = await rename(value);
    isChanged ||= name !== value;
    return name;
  };
  for (const statement of (Array.isArray(given) ? given : [given]) as Json[]) {
    for (const element of ["Principal", "NotPrincipal"]) {
      const whom = statement[element];
      if (typeof whom !== "object" || whom === null) continue;
      const { AWS: identities } = whom as Json;
      if (identities !== undefined) statement[element] = { ...whom, AWS: await each(identities) };
    }
  }
  return isChanged ? JSON.stringify(policy) : text;
}

const OF_IAM = /^arn:aws[a-z-]*:iam::(\d{12}):(user\/service-id|user|role)\/([^/]+)$/;
const SESSION = /^arn:aws[a-z-]*:sts::(\d{12}):assumed-role\/([^/]+)\/([^/]+)$/;

const KINDS = { user: "user", "user/service-id": "serviceid", role: "profile" } as const;

async function idOf(principal: string, view: View): Promise<string> {
  const [, account = "", kind = "", name = ""] = OF_IAM.exec(principal) ?? [];
  if (kind in KINDS) {
    return iamIdOf({ kind: KINDS[kind as keyof typeof KINDS], accountNumber: account, name }, view);
  }
  const [, at = "", role = "", session = ""] = SESSION.exec(principal) ?? [];
  if (session === "") return assertNoPath(principal);
  const iamId = await iamIdOf({ kind: "profile", accountNumber: at, name: role }, view);
  return `${iamId}:${session}`;
}

/** Nobody here has an ARN with a further path. */
function assertNoPath(principal: string): string {
  if (/:iam::\d{12}:(?:user|role)\//.test(principal)) throw unsupported();
  return principal;
}

async function iamIdOf(principal: PrincipalName, view: View): Promise<string> {
  const found = await whoIs(principal, "", view);
  if (found && found.kind !== "account") return found.iamId;
  throw unsupported();
}

function unsupported(): Refusal {
  return malformed("This resource policy contains an unsupported principal.");
}

/** A principal as it is kept, by its name of now; one that is no more, by its id. */
export async function nameFor(principal: string, { identity }: View): Promise<string> {
  const [iamId = "", session] = principal.split(":");
  if (!isUserId(iamId) && !isActingServiceId(iamId) && !isActingProfile(iamId)) return principal;
  for (const { id: account } of await identity.accounts()) {
    const found = await identity.principal(account, iamId);
    if (!found) continue;
    const name = nameOf(found) || iamId;
    if (found.kind === "profile" && session !== undefined) {
      const role = arnPart(name);
      return `arn:aws:sts::${accountNumber(account)}:assumed-role/${role}/${session}`;
    }
    const kind = { user: "user", serviceid: "user/service-id", profile: "role" }[found.kind];
    return iamArn(account, kind, name);
  }
  return principal;
}
