/** What is known of a call under the condition keys of policies (AWS, "AWS global condition context keys"). */
import type { Place } from "../../audit/crn.ts";
import { accountNumber, regionOf, secretArn } from "../../audit/render/cloudtrail-arn.ts";
import type { KeyValues } from "../../identity/statements/pattern.ts";
import { toRfc3339, type Millis } from "../../kernel/clock.ts";
import type { Secret } from "../../secrets/secret.ts";
import { CURRENT_STAGE, PREVIOUS_STAGE } from "../../secrets/stages.ts";
import type { Call, Identity } from "../call.ts";
import type { KnownPrincipal } from "./principal.ts";

/** What policies may ask of a secret. */
export type PolicedSecret = Pick<Secret, "id" | "name"> &
  Partial<Pick<Secret, "tags" | "replicaOf" | "resourcePolicy">>;

export interface Circumstances {
  readonly call: Call;
  readonly caller: Identity;
  readonly principal: KnownPrincipal;
  readonly now: Millis;
  /** Of the operation: what of it has a key is looked up by name. */
  readonly input: object;
  readonly secret: PolicedSecret | null;
  /** Of what is acted on: a replica is in another region than the call. */
  readonly place: Place;
  /** Of an operation that gives out a value: which one, where nothing is said. */
  readonly isValueRead: boolean;
}

type Said = string | readonly string[] | null | undefined;

export function conditionKeys(at: Circumstances): KeyValues {
  return (key) => {
    const said = Object.hasOwn(named, key) ? named[key]?.(at) : tagged(key, at);
    if (said === undefined || said === null) return undefined;
    return typeof said === "string" ? [said] : said;
  };
}

const TYPES: Readonly<Record<KnownPrincipal["kind"], string>> = {
  root: "Account",
  user: "User",
  role: "AssumedRole",
  federated: "FederatedUser",
};

const USER = ":user/";

const named: Readonly<Record<string, (at: Circumstances) => Said>> = {
  "aws:sourceip": ({ call }) => call.host.address || undefined,
  "aws:useragent": ({ call }) => call.host.agent || undefined,
  "aws:securetransport": ({ call }) =>
    call.isSecure === undefined ? undefined : String(call.isSecure),
  "aws:currenttime": ({ now }) => toRfc3339(now),
  "aws:epochtime": ({ now }) => String(Math.floor(now / 1_000)),
  "aws:requestedregion": ({ call }) => regionOf(call.place.region),
  "aws:resourceaccount": ({ place }) => accountNumber(place.account),
  "aws:principalarn": ({ principal: { kind, identity, arn } }) =>
    kind === "role" ? identity : arn,
  "aws:principalaccount": ({ principal }) => principal.account,
  "aws:principaltype": ({ principal }) => TYPES[principal.kind],
  "aws:principalisawsservice": () => "false",
  "aws:viaawsservice": () => "false",
  "aws:userid": ({ principal }) => principal.userId,
  // Of a service ID with the path, lest it be called as a user is.
  "aws:username": ({ principal: { kind, arn } }) =>
    kind === "user" ? arn.slice(arn.indexOf(USER) + USER.length) : undefined,
  "aws:sourceidentity": ({ caller }) => caller.signedBy?.sourceIdentity,
  "aws:tokenissuetime": ({ caller }) =>
    caller.signedBy?.startedAt === undefined ? undefined : toRfc3339(caller.signedBy.startedAt),
  // Of lasting keys nothing is said, as with AWS.
  "aws:multifactorauthpresent": ({ caller }) =>
    caller.signedBy?.isMfa === undefined ? undefined : String(caller.signedBy.isMfa),
  "aws:tagkeys": ({ input }) =>
    listed(input, "tagKeys") ?? pairsOf(input)?.map(([tagKey]) => tagKey),
  "secretsmanager:secretid": ({ place, secret }) => secret && secretArn(place, secret),
  "secretsmanager:name": ({ input }) => one(input, "name"),
  "secretsmanager:description": ({ input }) => one(input, "description"),
  "secretsmanager:kmskeyid": ({ input }) => one(input, "kmsKeyId"),
  "secretsmanager:versionid": ({ input }) => one(input, "versionId"),
  "secretsmanager:versionstage": versionStage,
  "secretsmanager:recoverywindowindays": ({ input }) => one(input, "recoveryWindowInDays"),
  "secretsmanager:forcedeletewithoutrecovery": ({ input }) =>
    one(input, "forceDeleteWithoutRecovery"),
  "secretsmanager:blockpublicpolicy": ({ input }) => one(input, "blockPublicPolicy"),
  "secretsmanager:rotationlambdaarn": ({ input }) => one(input, "rotationLambdaARN"),
  "secretsmanager:rotateimmediately": ({ input }) => one(input, "rotateImmediately"),
  "secretsmanager:forceoverwritereplicasecret": ({ input }) =>
    one(input, "forceOverwriteReplicaSecret"),
  "secretsmanager:addreplicaregions": ({ input }) => regionsOf(input),
  "secretsmanager:resourceprimaryregion": ({ place, secret }) =>
    secret && regionOf(secret.replicaOf?.region ?? place.region),
};

function versionStage({ input, isValueRead }: Circumstances): Said {
  const asked = one(input, "versionStage") ?? one(input, "stage");
  if (asked !== undefined) return asked;
  const stages = listed(input, "versionStages");
  if (stages) return stages;
  const alias = one(input, "alias");
  if (alias === "previous") return PREVIOUS_STAGE;
  if (alias === "current") return CURRENT_STAGE;
  return isValueRead && one(input, "versionId") === undefined ? CURRENT_STAGE : undefined;
}

const OF_RESOURCE = /^(?:aws|secretsmanager):resourcetag\/(.+)$/;
const OF_REQUEST = /^aws:requesttag\/(.+)$/;

/** The keys of tags are the same in any case, as those of conditions are. */
function tagged(key: string, { secret, input }: Circumstances): Said {
  const own = OF_RESOURCE.exec(key)?.[1];
  if (own !== undefined) return valueOf(Object.entries(secret?.tags ?? {}), own);
  const sent = OF_REQUEST.exec(key)?.[1];
  return sent === undefined ? undefined : valueOf(pairsOf(input) ?? [], sent);
}

type Pair = readonly [key: string, value: string];

function valueOf(pairs: readonly Pair[], name: string): string | undefined {
  return pairs.find(([key]) => key.toLowerCase() === name)?.[1];
}

function member(input: object, name: string): unknown {
  return Object.hasOwn(input, name) ? (input as Record<string, unknown>)[name] : undefined;
}

function one(input: object, name: string): string | undefined {
  const value = member(input, name);
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function listed(input: object, name: string): readonly string[] | undefined {
  const value = member(input, name);
  if (!Array.isArray(value)) return undefined;
  return value.filter((item): item is string => typeof item === "string");
}

function itemsOf(input: object, name: string): readonly object[] | undefined {
  const value = member(input, name);
  if (!Array.isArray(value)) return undefined;
  return value.filter((item): item is object => typeof item === "object" && item !== null);
}

function pairsOf(input: object): readonly Pair[] | undefined {
  return itemsOf(input, "tags")?.map((item) => [one(item, "key") ?? "", one(item, "value") ?? ""]);
}

function regionsOf(input: object): readonly string[] | undefined {
  return itemsOf(input, "addReplicaRegions")?.flatMap((item) => one(item, "region") ?? []);
}
