/** Where a call by AWS's wire is addressed to: the account of its key, or of an ARN, in the region of its signature. */
import type { FastifyRequest } from "fastify";
import type { Caller, Nowhere } from "../../../app/call.ts";
import { operatorPlace, type Place } from "../../../audit/crn.ts";
import { accountNumber } from "../../../audit/render/cloudtrail-arn.ts";
import { accountPlace, instancePlace } from "../../../identity/account.ts";
import type { IdentityReader } from "../../../identity/store.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { secretArnIn, type SecretArn } from "./arn.ts";
import { regionIn } from "./signature.ts";
import { call } from "./wire-call.ts";

/** Services of which there is one for all regions. */
const GLOBAL: ReadonlySet<string> = new Set(["iam", "sts"]);

/**
 * A region has no instance until its first secret: the place is then without one. Whoever is nobody speaks to the
 * installation's first account, whose owner is who must hear of the attempt.
 */
export async function placeOf(
  request: FastifyRequest,
  caller: Caller,
  identity: IdentityReader,
): Promise<Place | Nowhere> {
  const home = await homeOf(caller, identity);
  if (home === undefined) return operatorPlace();
  const { service } = call(request);
  const region = regionIn(request);
  if (service === undefined || GLOBAL.has(service.name) || region === undefined) {
    return accountPlace(home);
  }
  if (service.name !== "secretsmanager") return { account: home, region, instance: null };
  const arn = caller.kind === "identity" ? arnIn(request) : undefined;
  if (!arn || (arn.account === accountNumber(home) && arn.region === region)) {
    return placeIn(home, region, identity);
  }
  const other = arn.region === region ? await accountOf(arn.account, identity) : undefined;
  if (other !== undefined) return placeIn(other, region, identity);
  const sentence = "There is no such secret.";
  return {
    place: await placeIn(home, region, identity),
    refusal: new Refusal("not_found", sentence, { reason: "no-secret" }),
  };
}

async function placeIn(account: string, region: string, identity: IdentityReader): Promise<Place> {
  const instances = await identity.instances(account);
  const instance = instances.find((one) => one.region === region);
  return instance ? instancePlace(instance) : { account, region, instance: null };
}

async function homeOf(caller: Caller, identity: IdentityReader): Promise<string | undefined> {
  if (caller.kind === "identity") return caller.account;
  const claimed = caller.kind === "anonymous" ? caller.claimed?.account : undefined;
  return claimed ?? (await identity.accounts())[0]?.id;
}

async function accountOf(number: string, identity: IdentityReader): Promise<string | undefined> {
  return (await identity.accounts()).find(({ id }) => accountNumber(id) === number)?.id;
}

/** Of a request whose caller is known: nothing of what anybody else sends is read. */
function arnIn(request: FastifyRequest): SecretArn | undefined {
  try {
    const text = call(request).members().peek("SecretId");
    return typeof text === "string" ? secretArnIn(text) : undefined;
  } catch (error) {
    // What cannot be read is refused where it is decoded.
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
