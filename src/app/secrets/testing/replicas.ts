/** Whether replicas are what their primaries are: looked at in the stores, with every value opened. */
import { encodePayload } from "../../../secrets/payload.ts";
import type { Secret } from "../../../secrets/secret.ts";
import type { Database } from "../../../storage/sqlite/database.ts";
import type { Capabilities } from "../../capabilities.ts";
import type { Context } from "../../operation.ts";
import type { State, View } from "../../state.ts";
import { openVersion } from "../open.ts";

export interface Stores {
  readonly database: Database;
  readonly state: State;
  readonly capabilities: Capabilities;
}

/** Each replica beside its primary, as far as they have to be the same. */
export interface Compared {
  readonly replica: unknown;
  readonly primary: unknown;
}

export async function comparedReplicas(stores: Stores): Promise<readonly Compared[]> {
  const sql = "SELECT id, replica_of FROM secrets WHERE replica_of IS NOT NULL";
  const pairs = stores.database.all(sql);
  return Promise.all(
    pairs.map(async (row) => ({
      replica: await comparable(String(row["id"]), stores),
      primary: await comparable(String(row["replica_of"]), stores),
    })),
  );
}

async function comparable(id: string, { state, capabilities }: Stores): Promise<unknown> {
  return state.read(async (store) => {
    const secret = await store.secrets.secretById(id);
    if (!secret) return null;
    // At a time at which nothing has expired yet.
    const context = { store, capabilities, now: 0 } as Context<View>;
    const versions = [];
    for (const { secretId: _, ...version } of await store.secrets.versions(secret)) {
      const payload = await openVersion({ secret, version: { ...version, secretId: id } }, context);
      const value = payload && Buffer.from(encodePayload(payload)).toString("base64");
      versions.push({ ...version, value });
    }
    return { ...sharedOf(secret), versions };
  });
}

/** What a replica does not share is its own: key, group, rotation, policy, date behind a lock. */
const SHARED = [
  "type",
  "name",
  "description",
  "labels",
  "customMetadata",
  "state",
  "passwordPolicy",
  "tags",
  "lastVersion",
  "currentVersion",
  "previousVersion",
  "stages",
  "keepsUnlabelled",
  "versionsTotal",
  "lastRotatedAt",
] as const satisfies readonly (keyof Secret)[];

function sharedOf(secret: Secret): object {
  const shared = SHARED.map((field) => [field, secret[field]] as const);
  return { ...Object.fromEntries(shared), idEnding: secret.id.slice(24) };
}
