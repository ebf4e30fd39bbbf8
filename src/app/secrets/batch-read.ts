/**
 * Gives out the current values of several secrets at once. Each is a reading of its own: allowed by itself, refused by
 * itself, and recorded by itself beside the event of the whole.
 */
import { accountNumber, regionOf } from "../../audit/render/cloudtrail-arn.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Position } from "../../secrets/paging.ts";
import {
  checkConditions,
  recordedConditions,
  type Condition,
} from "../../secrets/secret-filter.ts";
import type { Instance, Secret } from "../../secrets/secret.ts";
import { tells, unfound } from "../admission.ts";
import { readOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import {
  isArn,
  locatedSecret,
  locateSecret,
  noSecret,
  wholeOf,
  type CalledSecret,
} from "./find.ts";
import { valueOf, type GetValueOutput } from "./get-value.ts";
import { isMadeWhenRead } from "./kinds/iam-credentials.ts";
import { locatedInRegion } from "./list-described.ts";
import { groupsWithin } from "./scope.ts";

export const MAX_SECRETS_BATCHED = 20;

/** One of a list of secrets; an ARN may be that of a secret elsewhere. */
export interface MeantSecret extends CalledSecret {
  readonly arn?: { readonly region: string; readonly account: string } | undefined;
}

/** Named one by one, up to MAX_SECRETS_BATCHED, or by what they have in common, a page at a time. */
export interface BatchReadInput {
  /** As they were written; for the record. */
  readonly secretIdList?: readonly string[] | undefined;
  readonly meant?: readonly MeantSecret[] | undefined;
  readonly filters?: readonly Condition[] | undefined;
  readonly maxResults?: number | undefined;
  /** Where the page before has ended. */
  readonly after?: Position | undefined;
}

export interface RefusedReading {
  /** As it was named. */
  readonly secretId: string;
  readonly refusal: Refusal;
}

export interface BatchReadOutput {
  readonly values: readonly GetValueOutput[];
  readonly refused: readonly RefusedReading[];
  readonly returnedCount: number;
  readonly refusedCount: number;
  /** What the next page comes after; null on the last one. */
  readonly next: Position | null;
}

export const batchRead = readOperation<BatchReadInput, Instance | null, BatchReadOutput>({
  name: "secret.batch-read",

  async locate({ meant, filters }, context) {
    const secretIdList = meant && (await recordedIds(meant, context));
    return {
      ...locatedInRegion(context),
      facts: { secretIdList, filters: recordedConditions(filters) },
    };
  },

  async run(input, { subject: at }, context) {
    if (!input.meant) assertMayList(input, context);
    const { wanted, next } = await wantedOf(input, at, context);
    const values: GetValueOutput[] = [];
    const refused: RefusedReading[] = [];
    for (const one of wanted) {
      const read = await readOne(one, context);
      if (read instanceof Refusal) refused.push({ secretId: one.secretId, refusal: read });
      else values.push(read);
    }
    const counts = { returnedCount: values.length, refusedCount: refused.length };
    return { values, refused, ...counts, next };
  },
});

/** Whoever does not name them is told which there are, also of those that it may not read (AWS, BatchGetSecretValue). */
function assertMayList(input: BatchReadInput, context: Context<View>): void {
  const located = locatedInRegion(context);
  const refusal = context.judge({ permission: "secret.list", located, input });
  if (refusal) throw refusal;
}

/** Without names that nothing has: those are whatever was typed. */
async function recordedIds(
  meant: readonly MeantSecret[],
  context: Context<View>,
): Promise<readonly string[]> {
  const recorded: string[] = [];
  for (const one of meant) {
    if (isArn(one.secretId) || (await isThere(one, context))) recorded.push(one.secretId);
  }
  return recorded;
}

async function isThere(one: MeantSecret, context: Context<View>): Promise<boolean> {
  try {
    await locateHere(one, context);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code !== "not_found";
  }
}

/** A secret that is to be read, by how it was named, and how it is found. */
interface Wanted {
  readonly secretId: string;
  readonly locate: () => Promise<Located<Secret>>;
}

async function wantedOf(
  { meant, filters = [], maxResults: limit = MAX_SECRETS_BATCHED, after }: BatchReadInput,
  at: Instance | null,
  context: Context<View>,
): Promise<{ readonly wanted: readonly Wanted[]; readonly next: Position | null }> {
  const { place } = context.call;
  if (meant) {
    const wanted = meant.map((one) => ({
      secretId: one.secretId,
      locate: async () => locateHere(one, context),
    }));
    return { wanted, next: null };
  }
  checkConditions(filters);
  if (at === null) return { wanted: [], next: null };
  const { secrets } = context.store;
  const matching = await secrets.describedSecrets(at, {
    conditions: filters,
    groups: groupsWithin(context.scope(wholeOf(place)), undefined),
    includesDeleted: false,
    region: place.region,
    sort: "createdAt",
    after,
    limit: limit + 1,
  });
  const page = matching.slice(0, limit);
  const wanted = page.map(({ secret }) => ({
    secretId: secret.name,
    locate: async () => locatedSecret(place, secret, secret),
  }));
  return { wanted, next: matching.length > limit ? (page.at(-1)?.position ?? null) : null };
}

/** Of another region, or of another account, nothing is to be had by a call to this one. */
async function locateHere(
  { arn, ...called }: MeantSecret,
  context: Context<View>,
): Promise<Located<Secret>> {
  const { place } = context.call;
  const isHere =
    !arn || (arn.region === regionOf(place.region) && arn.account === accountNumber(place.account));
  if (!isHere) throw noSecret();
  return locateSecret(called, context);
}

/** The reading is recorded with it, whatever comes of it. */
async function readOne(
  { secretId, locate }: Wanted,
  context: Context<View>,
): Promise<GetValueOutput | Refusal> {
  let target = { place: context.call.place, kind: "secret", id: "", name: "" };
  let input: object = isArn(secretId) ? { secretId } : {};
  const output = await refusalOr(async () => {
    const located = await found(locate, { secretId, context });
    ({ target } = located as { target: typeof target });
    const { subject: secret } = located;
    input = { secretId, id: secret.id };
    const refusal = context.judge({ permission: "secret.read", located, input });
    if (refusal) throw refusal;
    if (located.refusal) throw located.refusal;
    if (isMadeWhenRead(secret)) throw madeWhenRead();
    return valueOf(secret, {}, context);
  });
  context.also({ operation: "secret.read", target, input, output });
  return output;
}

/** To whoever may read nothing here, what is not there is what it may not read. */
async function found(
  locate: Wanted["locate"],
  { secretId, context }: { readonly secretId: string; readonly context: Context<View> },
): Promise<Located<Secret>> {
  try {
    return await locate();
  } catch (error) {
    if (!tells(error)) throw error;
    throw context.judge(unfound("secret.read", { secretId }, context.call)) ?? error;
  }
}

/** While the vault is sealed nothing is read at all. */
async function refusalOr<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal && error.code !== "sealed") return error;
    throw error;
  }
}

function madeWhenRead(): Refusal {
  const sentence = "Each reading of this secret makes credentials of its own: read it by itself.";
  return new Refusal("precondition_failed", sentence, { reason: "made-when-read" });
}
