/** Of the simulation: identities, their keys and the counters are what the trail says of them. */
import { expect } from "vitest";
import { initiatorKey, targetKey } from "../../src/audit/counters.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import type { Database } from "../../src/storage/sqlite/database.ts";

/**
 * Every member was added once, by a call whose other part was refused: both parts are recorded, or neither. How many
 * there are.
 */
export function checkMembers(events: readonly AuditEvent[], database: Database): number {
  const parts = events.filter(
    ({ operation, outcome, reason, requestData }) =>
      operation === "access-group-member.add" &&
      isUser(requestData["iam_id"]) &&
      (outcome === "success" || reason.reasonCode === 404),
  );
  const added = parts.filter(({ outcome }) => outcome === "success");
  const stored = database
    .all("SELECT iam_id FROM group_members")
    .map((row) => row["iam_id"])
    .filter(isUser);
  const recorded = added.map(({ requestData }) => requestData["iam_id"]);
  expect(recorded.length).toBe(stored.length);
  expect(new Set(recorded)).toEqual(new Set(stored));
  expect(parts.length).toBe(2 * added.length);
  return added.length;
}

/** The others are service IDs that were made for secrets: their keys are checked. */
const isUser = (iamId: unknown): boolean => String(iamId).startsWith("IBMid-");

/**
 * Every API key there is was made once and not deleted; each that was minted has its lease, and every other is gone. How
 * many are.
 */
export function checkKeys(events: readonly AuditEvent[], database: Database): number {
  const keysOf = (verb: "create" | "delete"): readonly (string | undefined)[] =>
    events
      .filter((event) => event.operation === `serviceid-apikey.${verb}`)
      .filter((event) => event.outcome === "success")
      .map((event) => event.target.id.split(":").at(-1));
  const [made, deleted] = [keysOf("create"), keysOf("delete")];
  expect(new Set(made).size).toBe(made.length);
  expect(new Set(deleted).size).toBe(deleted.length);
  const left = new Set(made.filter((id) => !deleted.includes(id)));
  const stored = database.all("SELECT id FROM api_keys").map((row) => row["id"]);
  expect(left).toEqual(new Set(stored));
  const leased = database.all("SELECT api_key_id FROM leases");
  const engines = database.all(
    "SELECT json_extract(attributes, '$.apiKeyId') AS id FROM configurations",
  );
  const accounted = [...leased.map((row) => row["api_key_id"]), ...engines.map((row) => row["id"])];
  expect([accounted.length, new Set(accounted)]).toEqual([stored.length, new Set(stored)]);
  return deleted.length;
}

/** By target and by initiator, from 1, without a gap, in the order of the trail (invariant 8). */
export function checkCounters(events: readonly AuditEvent[]): void {
  const seen = new Map<string, number>();
  for (const event of events) {
    const keys = { target: targetKey(event), initiator: initiatorKey(event) };
    for (const key of Object.values(keys)) if (key) seen.set(key, (seen.get(key) ?? 0) + 1);
    expect(event.counters).toEqual({
      target: keys.target ? seen.get(keys.target) : null,
      initiator: keys.initiator ? seen.get(keys.initiator) : null,
    });
  }
}
