/** What happened to a replica, as the record of its region has it: by the server, after its primary. */
import { isDeepStrictEqual } from "node:util";
import type { Place } from "../../audit/crn.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { DESTROYED, type Secret } from "../../secrets/secret.ts";
import { CURRENT_STAGE, PREVIOUS_STAGE, stagesOf, versionAt } from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import type { Internal } from "../call.ts";
import type { Consequence, Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { toldOf } from "./find.ts";

export const REPLICATION: Internal = { kind: "internal", job: "replication" };

/** What became of the versions of a replica. */
export interface Versions {
  /** Also those that have got a value only now. */
  readonly arrived: readonly Version[];
  /** Their values are gone. */
  readonly emptied: readonly Version[];
  /** Of these it is known something else. */
  readonly changed: readonly Version[];
  readonly removed: readonly Version[];
  /** Of every version there is or was, by its number. */
  readonly ids: ReadonlyMap<number, string>;
}

export interface Difference {
  readonly before: Secret;
  readonly after: Secret;
  readonly versions: Versions;
}

type Done = Pick<Consequence, "operation" | "input" | "output">;

/** The event of what was done to the secret there. */
export function onReplica(
  { id, name }: Pick<Secret, "id" | "name">,
  place: Place,
  done: Done,
): Consequence {
  return { ...done, caller: REPLICATION, target: { place, kind: "secret", id, name } };
}

export function recordDifference(
  difference: Difference,
  place: Place,
  context: Context<Transaction>,
): void {
  const done: readonly Done[] = [
    ...arrivals(difference),
    ...losses(difference),
    ...moves(difference),
    ...tagging(difference),
    ...policies(difference),
    ...metadata(difference),
  ];
  for (const one of done) context.also(onReplica(difference.after, place, one));
}

/** A value comes, and where a secret keeps two of them only, another one makes room for it. */
function arrivals({ after, versions: { arrived, emptied } }: Difference): readonly Done[] {
  const dropped = emptied.map(({ id }) => id);
  return arrived.map((version, i) => ({
    operation: "version.create",
    input: { ...toldIn(after), versionStages: stagesOf(after, version.number) },
    output: {
      versionId: version.id,
      autoRotated: version.autoRotated,
      payloadDroppedFrom: i === 0 && dropped.length > 0 ? dropped.join(", ") : null,
    },
  }));
}

function losses({ before, after, versions }: Difference): readonly Done[] {
  const { id } = after;
  const pruned: readonly Done[] = versions.removed
    .filter(({ hasPayload }) => hasPayload)
    .map((version) => {
      const input = { id, versionId: version.id };
      return { operation: "version.prune", input, output: {} };
    });
  const emptied = versions.arrived.length > 0 ? [] : versions.emptied;
  if (after.state === DESTROYED && before.state !== DESTROYED) {
    const expirationDate = after.expiresAt === null ? null : toRfc3339(after.expiresAt);
    const input = { ...toldIn(after), expirationDate };
    const output = { versionsDestroyed: emptied.length };
    return [...pruned, { operation: "secret.expire", input, output }];
  }
  const deleted: readonly Done[] = emptied.map(({ id: versionId }) => {
    const input = { ...toldIn(after), versionId };
    return { operation: "version.data.delete", input, output: { versionId } };
  });
  return [...pruned, ...deleted];
}

/** Labels that came with a value are told with it, and the previous one follows the current one. */
function moves({ before, after, versions: { arrived, ids } }: Difference): readonly Done[] {
  const labels = new Set([...Object.keys(before.stages), ...Object.keys(after.stages)]);
  const isCurrentMoved = before.currentVersion !== after.currentVersion;
  return [CURRENT_STAGE, ...(isCurrentMoved ? [] : [PREVIOUS_STAGE]), ...labels]
    .map((stage) => ({ stage, from: versionAt(before, stage), to: versionAt(after, stage) }))
    .filter(({ from, to }) => from !== to && !arrived.some(({ number }) => number === to))
    .map(({ stage, from, to }) => ({
      operation: "version.stage.set",
      input: {
        id: after.id,
        versionStage: stage,
        moveToVersionId: ids.get(to),
        removeFromVersionId: ids.get(from),
      },
      output: {},
    }));
}

function tagging({ before, after }: Difference): readonly Done[] {
  const { id, tags } = after;
  const given = Object.entries(tags).filter(([key, value]) => before.tags[key] !== value);
  const gone = Object.keys(before.tags).filter((key) => !Object.hasOwn(tags, key));
  const done: Done[] = [];
  if (given.length > 0) {
    const pairs = given.map(([key, value]) => ({ key, value }));
    done.push({ operation: "secret.tag", input: { id, tags: pairs }, output: {} });
  }
  if (gone.length > 0) {
    done.push({ operation: "secret.untag", input: { id, tagKeys: gone }, output: {} });
  }
  return done;
}

function policies({ before, after: { id, resourcePolicy } }: Difference): readonly Done[] {
  if (before.resourcePolicy === resourcePolicy) return [];
  if (resourcePolicy === null) {
    return [{ operation: "secret.resource-policy.delete", input: { id }, output: {} }];
  }
  const input = { id, resourcePolicy };
  return [{ operation: "secret.resource-policy.set", input, output: {} }];
}

/** By the names that a caller's own change of these has. */
const METADATA = {
  name: "name",
  description: "description",
  labels: "labels",
  customMetadata: "customMetadata",
  passwordPolicy: "passwordPolicy",
  expiresAt: "expirationDate",
} as const satisfies Partial<Record<keyof Secret, string>>;

function metadata({ before, after, versions }: Difference): readonly Done[] {
  const { id } = after;
  const ofVersions: readonly Done[] = versions.changed.map(({ id: versionId }) => {
    const input = { id, versionId, changes: ["versionCustomMetadata"] };
    return { operation: "version.metadata.update", input, output: { versionId } };
  });
  const fields = Object.keys(METADATA) as readonly (keyof typeof METADATA)[];
  const changes = fields
    .filter((field) => !isDeepStrictEqual(before[field], after[field]))
    .map((field) => METADATA[field]);
  if (changes.length === 0) return ofVersions;
  const output = { id, changes: changes.map((field) => ({ field })) };
  return [...ofVersions, { operation: "secret.metadata.update", input: { id, changes }, output }];
}

function toldIn(secret: Secret) {
  return { id: secret.id, ...toldOf(secret) };
}
