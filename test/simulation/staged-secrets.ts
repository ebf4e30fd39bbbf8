/**
 * What clients of AWS do, at random, in two regions, for the simulation; and what has to be so of it whatever failed:
 * labels are sound, replicas are what their primaries are, nothing is left of what was deleted, and the trail alone tells
 * where every label, every tag and every deletion stands.
 */
import { expect } from "vitest";
import type { Operation } from "../../src/app/operation.ts";
import { createNamedSecret } from "../../src/app/secrets/create-named-secret.ts";
import { endDeletion, endDeletionInput } from "../../src/app/secrets/end-deletion.ts";
import type { CalledSecret } from "../../src/app/secrets/find.ts";
import { promoteReplica } from "../../src/app/secrets/promote-replica.ts";
import { putValue } from "../../src/app/secrets/put-value.ts";
import { removeReplicas } from "../../src/app/secrets/remove-replicas.ts";
import { replicateSecret } from "../../src/app/secrets/replicate-secret.ts";
import { restoreSecret } from "../../src/app/secrets/restore-secret.ts";
import { scheduleDeletion } from "../../src/app/secrets/schedule-deletion.ts";
import { setVersionStage } from "../../src/app/secrets/set-version-stage.ts";
import { tagSecret, untagSecret } from "../../src/app/secrets/tag-secret.ts";
import { comparedReplicas, type Stores } from "../../src/app/secrets/testing/replicas.ts";
import { PLACE } from "../../src/app/testing/test-app.ts";
import type { Place } from "../../src/audit/crn.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { Sensitive } from "../../src/kernel/sensitive.ts";

const NAMES = ["red", "green", "blue"];
const STAGES = ["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "canary"];
const REGIONS = ["us-south", "us-east-1"];
const RECOVERY_DAYS = 7;

/** Performs in a place; resolves to the output, where one came. */
export type Perform = <I extends object, S, O extends object>(
  operation: Operation<I, S, O>,
  input: I,
  place: Place,
) => Promise<O | undefined>;

export interface Chance {
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly perform: Perform;
}

/** How often what the checks are about has come about: a simulation without it proves nothing. */
export const met = { replicas: 0, moves: 0, ends: 0, restored: 0 };

let tokens = 0;

/** One operation, on a secret that may be there. */
export async function operateStaged(chance: Chance, stores: Stores): Promise<unknown> {
  const { perform } = chance;
  const name = oneOf(NAMES, chance);
  const region = oneOf(REGIONS, chance);
  const place = placeIn(region, stores);
  const called: CalledSecret = { secretId: name, called: [{ name, suffix: null }] };
  const other = REGIONS.filter((one) => one !== region);
  const value = new Sensitive(`value ${tokens}`);
  const clientRequestToken = `token-${tokens++}`.padEnd(32, "-");
  const dice = Math.floor(chance.random() * 12);
  switch (dice) {
    case 0:
    case 1: {
      const given = chance.random() < 0.8 ? { value } : {};
      const making = { name, clientRequestToken, forceOverwriteReplicaSecret: false, ...given };
      return perform(createNamedSecret, making, place);
    }
    case 2:
    case 3:
      return perform(putValue, { ...called, clientRequestToken, value }, place);
    case 4: {
      const versionStages = [oneOf(STAGES, chance)];
      return perform(putValue, { ...called, clientRequestToken, value, versionStages }, place);
    }
    case 5:
      return moveStage(chance, { called, place, stores });
    case 6: {
      const isForced = chance.random() < 0.3;
      const how = isForced ? { forceDeleteWithoutRecovery: true } : { recoveryWindowInDays: 7 };
      return perform(scheduleDeletion, { ...called, ...how }, place);
    }
    case 7:
      return perform(restoreSecret, called, place);
    case 8: {
      const addReplicaRegions = other.map((one) => ({ region: one }));
      const forceOverwriteReplicaSecret = chance.random() < 0.3;
      const asked = { ...called, addReplicaRegions, forceOverwriteReplicaSecret };
      return perform(replicateSecret, asked, place);
    }
    case 9:
      return chance.random() < 0.5
        ? perform(removeReplicas, { ...called, removeReplicaRegions: other }, place)
        : perform(promoteReplica, called, place);
    case 10: {
      const tags = [{ key: oneOf(NAMES, chance), value: `${tokens}` }];
      return perform(tagSecret, { ...called, tags }, place);
    }
    default:
      return perform(untagSecret, { ...called, tagKeys: [oneOf(NAMES, chance)] }, place);
  }
}

/** Whatever secrets are to be gone by now: each ends by an operation of its own, as the schedule has it. */
export async function endDeletions(
  { perform }: Chance,
  { state }: Stores,
  now: number,
): Promise<void> {
  const due = await state.read(({ secrets }) => secrets.dueDeletions(now, 10));
  for (const { id, at, dueAt } of due) {
    const instance = await state.read(({ identity }) => identity.instance(at.instance));
    if (!instance) throw new Error("a secret is in an instance");
    const place = { account: at.account, region: instance.region, instance: at.instance };
    await perform(endDeletion, endDeletionInput(id, dueAt), place);
  }
}

/** Long enough for any deletion to end. */
export const DELETION_MS = (RECOVERY_DAYS + 1) * 86_400_000;

async function moveStage(
  chance: Chance,
  at: { readonly called: CalledSecret; readonly place: Place; readonly stores: Stores },
): Promise<unknown> {
  const { called, place, stores } = at;
  const rows = stores.database.all(
    "SELECT v.id FROM versions v JOIN secrets s ON s.id = v.secret_id WHERE s.name = ? AND s.instance = ?",
    called.secretId,
    place.instance,
  );
  const ids = rows.map((row) => String(row["id"]));
  const versionStage = oneOf(STAGES, chance);
  const holder = holderOf(versionStage, at);
  const isRemoval = chance.random() < 0.2;
  const moveToVersionId = isRemoval || ids.length === 0 ? undefined : oneOf(ids, chance);
  const input = { ...called, versionStage, moveToVersionId, removeFromVersionId: holder };
  return chance.perform(setVersionStage, input, place);
}

function holderOf(
  stage: string,
  {
    called,
    place,
    stores,
  }: { readonly called: CalledSecret; readonly place: Place; readonly stores: Stores },
): string | undefined {
  const row = stores.database.get(
    `SELECT v.id FROM secrets s JOIN versions v ON v.secret_id = s.id AND v.number = CASE ?
       WHEN 'AWSCURRENT' THEN s.current_version WHEN 'AWSPREVIOUS' THEN s.previous_version
       ELSE (SELECT value FROM json_each(s.stages) WHERE key = ?) END
     WHERE s.name = ? AND s.instance = ?`,
    stage,
    stage,
    called.secretId,
    place.instance,
  );
  return row && String(row["id"]);
}

/** What holds at any moment, without the trail. */
export async function checkStaged(stores: Stores): Promise<void> {
  const compared = await comparedReplicas(stores);
  met.replicas += compared.length;
  for (const { replica, primary } of compared) expect(replica).toEqual(primary);
  const { database } = stores;
  for (const row of database.all("SELECT * FROM secrets WHERE keeps_unlabelled = 1")) {
    const of = database.all("SELECT number FROM versions WHERE secret_id = ?", String(row["id"]));
    const numbers = new Set(of.map(({ number }) => Number(number)));
    const [current, previous] = [Number(row["current_version"]), Number(row["previous_version"])];
    const further = Object.values(JSON.parse(String(row["stages"])) as Record<string, number>);
    expect(numbers.size).toBe(row["versions_total"]);
    expect(current > 0).toBe(numbers.size > 0);
    for (const number of [current, previous, ...further]) {
      if (number !== 0) expect(numbers).toContain(number);
    }
  }
  const orphans = `SELECT secret_id FROM payloads WHERE secret_id NOT IN (SELECT id FROM secrets)
    UNION SELECT secret_id FROM versions WHERE secret_id NOT IN (SELECT id FROM secrets)`;
  expect(database.all(orphans)).toEqual([]);
}

/** What a secret is, by the trail alone. */
interface Told {
  readonly labels: Map<string, string>;
  readonly tags: Map<string, string>;
  isToGo: boolean;
}

/** Every secret of AWS's clients is as its events say. */
export function checkTold(events: readonly AuditEvent[], { database }: Stores): void {
  const told = toldBy(events);
  for (const row of database.all("SELECT * FROM secrets WHERE keeps_unlabelled = 1")) {
    const id = String(row["id"]);
    const one = told.get(id);
    const versions = database.all("SELECT id, number FROM versions WHERE secret_id = ?", id);
    const idOf = new Map(versions.map((version) => [version["number"], String(version["id"])]));
    const labels = {
      AWSCURRENT: row["current_version"],
      AWSPREVIOUS: row["previous_version"],
      ...(JSON.parse(String(row["stages"])) as object),
    };
    const placed = Object.entries(labels).filter(([, number]) => number !== 0);
    expect(one?.labels).toEqual(
      new Map(placed.map(([label, number]) => [label, idOf.get(number)])),
    );
    const tags = Object.entries(JSON.parse(String(row["tags"])) as Record<string, string>);
    expect(one?.tags).toEqual(new Map(tags));
    expect(one?.isToGo).toBe(row["deletion_due_at"] !== null);
  }
}

function toldBy(events: readonly AuditEvent[]): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>();
  for (const event of events) {
    if (event.outcome !== "success") continue;
    const id = event.target.id.split(":").at(-1) ?? "";
    const one = told.get(id) ?? { labels: new Map(), tags: new Map(), isToGo: false };
    told.set(id, one);
    const { operation, requestData, responseData } = event;
    tellings[operation]?.(one, { asked: requestData, answered: responseData });
  }
  return told;
}

interface Recorded {
  readonly versionStages?: readonly string[];
  readonly versionStage?: string;
  readonly moveToVersionId?: string;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
  readonly tagKeys?: readonly string[];
  readonly versionId?: string | null;
  readonly versionsDeleted?: number;
}

type Tell = (one: Told, event: { readonly asked: Recorded; readonly answered: Recorded }) => void;

/** By operation, what its success says of a secret. */
const tellings: Readonly<Record<string, Tell>> = {
  "secret.create": tellValue,
  "version.create": tellValue,
  "secret.update": tellValue,
  "version.rollback": tellValue,
  "version.stage.set"(one, { asked }) {
    placeLabel(one, asked.versionStage ?? "", asked.moveToVersionId);
    met.moves += 1;
  },
  "secret.tag": tellTags,
  "secret.untag"({ tags }, { asked }) {
    for (const key of asked.tagKeys ?? []) tags.delete(key);
  },
  "secret.delete"(one, { answered }) {
    one.isToGo = answered.versionsDeleted === undefined;
  },
  "secret.restore"(one) {
    met.restored += Number(one.isToGo);
    one.isToGo = false;
  },
  "secret.deletion.end"() {
    met.ends += 1;
  },
};

function tellValue(one: Told, event: { readonly asked: Recorded; readonly answered: Recorded }) {
  tellTags(one, event);
  const { asked, answered } = event;
  const { versionId } = answered;
  if (!versionId) return;
  if (!one.labels.has("AWSCURRENT")) placeLabel(one, "AWSCURRENT", versionId);
  for (const stage of asked.versionStages ?? ["AWSCURRENT"]) placeLabel(one, stage, versionId);
}

function tellTags({ tags }: Told, { asked }: { readonly asked: Recorded }) {
  for (const { key, value } of asked.tags ?? []) tags.set(key, value);
}

function placeLabel({ labels }: Told, stage: string, versionId: string | undefined): void {
  const current = labels.get("AWSCURRENT");
  if (stage === "AWSCURRENT" && current !== undefined && current !== versionId) {
    labels.set("AWSPREVIOUS", current);
  }
  if (versionId === undefined) labels.delete(stage);
  else labels.set(stage, versionId);
}

/** Secrets that are gone, by the targets of their events: at once, or when their time was over. */
export function goneIn(events: readonly AuditEvent[]): readonly string[] {
  return events
    .filter(({ operation, outcome, responseData }) => {
      const isEnd = operation === "secret.deletion.end";
      const isDeletion =
        operation === "secret.delete" && responseData["versionsDeleted"] !== undefined;
      return outcome === "success" && (isEnd || isDeletion);
    })
    .map(({ target }) => target.id);
}

function placeIn(region: string, { database }: Stores): Place {
  const sql = "SELECT id FROM instances WHERE account = ? AND region = ? ORDER BY rowid LIMIT 1";
  const row = database.get(sql, PLACE.account, region);
  return { account: PLACE.account, region, instance: row ? String(row["id"]) : null };
}

function oneOf<T>(all: readonly T[], { random }: Chance): T {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new Error("there is nothing to choose from");
  return one;
}
