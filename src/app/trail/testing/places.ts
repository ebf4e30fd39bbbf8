/** Places of one account and of others, one event in each, and who asks about them. */
import type { Place } from "../../../audit/crn.ts";
import { operatorPlace } from "../../../audit/crn.ts";
import type { PolicyResource } from "../../../identity/authorize.ts";
import type { Caller } from "../../call.ts";
import { PLACE } from "../../testing/test-app.ts";
import type { SearchEventsInput } from "../search-events.ts";
import type { TrailApp } from "./trail-app.ts";

export const OTHER_INSTANCE: Place = { ...PLACE, instance: "99999999-2222-4333-8444-555555555555" };
const OTHER_ACCOUNT: Place = { ...PLACE, account: "ffffffffffffffffffffffffffffffff" };
const IDENTITIES: Place = { ...PLACE, region: "global", instance: null };

/** A search for everything, oldest first. */
export const ASKED: SearchEventsInput = { query: "", order: "oldest", limit: 1_000 };

export function auditorOf(app: TrailApp, resource: PolicyResource = {}): Promise<Caller> {
  return app.base.callerWith(["Auditor"], resource);
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** One event in each place that somebody may or may not see. */
export async function plantEverywhere(app: TrailApp): Promise<Readonly<Record<string, string>>> {
  const plant = async (place: Place, operation: "secret.read" | "user.create") =>
    (await app.plant({ place, operation, targetId: "x" })).eventId;
  return {
    own: await plant(PLACE, "secret.read"),
    otherInstance: await plant(OTHER_INSTANCE, "secret.read"),
    identity: await plant(IDENTITIES, "user.create"),
    otherAccount: await plant(OTHER_ACCOUNT, "secret.read"),
    operator: await plant(operatorPlace(), "secret.read"),
  };
}
