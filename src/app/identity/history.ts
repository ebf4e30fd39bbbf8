/**
 * What became of an identity or a key, told by the trail itself: there is no second record that could say otherwise.
 * Only for those who may read the thing; it shows nothing but that thing's own events.
 */
import { operationNames, type OperationName } from "../../audit/catalogue.ts";
import { crn } from "../../audit/crn.ts";
import { parseEvent, type AuditEvent } from "../../audit/event.ts";
import type { ApiKey, Principal } from "../../identity/api-key.ts";
import { EVENT_FIELDS, OUTCOME, type Field } from "../../search/fields.ts";
import { all, type Plan } from "../../search/plan.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { visiblePlan } from "../trail/visibility.ts";
import { placeOf, type Named } from "./find.ts";

/** The newest of them; whoever needs more asks the trail. */
export const MAX_HISTORY = 100;

export const KEY_CHANGES: readonly OperationName[] = [
  "user-apikey.create",
  "user-apikey.update",
  "user-apikey.delete",
  "serviceid-apikey.create",
  "serviceid-apikey.update",
  "serviceid-apikey.delete",
  "apikey.leak",
];
export const SERVICE_ID_CHANGES: readonly OperationName[] = [
  "serviceid.create",
  "serviceid.update",
  "serviceid.delete",
];
export const SETTINGS_CHANGES: readonly OperationName[] = ["identity-settings.update"];

const LOGINS = operationNames.filter((name) => name.endsWith(".login"));
const TARGET_ID = eventField("target.id");
const INITIATOR_ID = eventField("initiator.id");

/** One event, also of an attempt that was refused: its message says so. */
export interface Past {
  /** RFC 3339. */
  readonly at: string;
  readonly iamId: string;
  readonly account: string;
  readonly action: string;
  /** What was recorded of the request, as `name: value`. */
  readonly params: readonly string[];
  readonly message: string;
}

export interface Activity {
  /** RFC 3339; undefined before the first login. */
  readonly lastLoginAt: string | undefined;
  readonly loginCount: number;
}

/** What the trail is asked to say of a thing that is read. */
export interface Telling {
  readonly includeHistory?: boolean | undefined;
  readonly includeActivity?: boolean | undefined;
}

export interface Told {
  readonly history?: readonly Past[];
  readonly activity?: Activity;
}

/** A thing with a past: what changes it, and which logins are its own. */
export interface Lived {
  readonly target: Named;
  readonly changes: readonly OperationName[];
  readonly activity: (context: Context<View>) => Promise<Activity>;
}

/** As much of it as was asked for. */
export async function toldOf(
  { target, changes, activity }: Lived,
  { includeHistory, includeActivity }: Telling,
  context: Context<View>,
): Promise<Told> {
  return {
    ...(includeHistory ? { history: await historyOf(target, changes, context) } : {}),
    ...(includeActivity ? { activity: await activity(context) } : {}),
  };
}

/** The events of these operations on the target, newest first. An Outage where the search index cannot answer. */
export async function historyOf(
  { kind, id }: Named,
  operations: readonly OperationName[],
  { call, capabilities: { trail } }: Context<View>,
): Promise<readonly Past[]> {
  // The CRN names the account too.
  const plan = all([
    { kind: "operations", names: operations },
    exactly(TARGET_ID, crn("iam-identity", placeOf(call), { kind, id })),
  ]);
  await trail.caughtUp();
  const { entries } = await trail.search({ plan }, { order: "newest", limit: MAX_HISTORY });
  return entries.map(({ line }) => pastOf(parseEvent(line)));
}

function pastOf(event: AuditEvent): Past {
  const params = Object.entries(event.requestData).map(
    ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const { eventTime: at, action, message, account } = event;
  return { at, iamId: event.initiator.id, account, action, params, message };
}

/** Logins with the key, and refreshes of the sessions that came of them. */
export function activityOfKey({ id }: ApiKey, context: Context<View>): Promise<Activity> {
  const test = { kind: "equals", text: id, exactCase: true } as const;
  return activityIn({ kind: "path-text", path: "responseData.apikeyId", test }, context);
}

/** Logins as the identity: of a service ID with any of its keys, of a trusted profile by whoever applies it. */
export function activityOfIdentity(
  { iamId }: Pick<Principal, "iamId">,
  context: Context<View>,
): Promise<Activity> {
  return activityIn(exactly(INITIATOR_ID, iamId), context);
}

async function activityIn(
  whose: Plan,
  { call, capabilities: { trail } }: Context<View>,
): Promise<Activity> {
  const plan = all([
    visiblePlan([{ account: placeOf(call).account }]),
    { kind: "operations", names: LOGINS },
    exactly(OUTCOME, "success"),
    whose,
  ]);
  await trail.caughtUp();
  const { entries } = await trail.search({ plan }, { order: "newest", limit: 1 });
  const [newest] = entries.map(({ line }) => parseEvent(line));
  return { lastLoginAt: newest?.eventTime, loginCount: await trail.count({ plan }) };
}

function exactly(field: Field, text: string): Plan {
  return { kind: "text", field, test: { kind: "equals", text, exactCase: true } };
}

function eventField(name: string): Field {
  const found = EVENT_FIELDS.find((field) => field.name === name);
  if (found === undefined) throw new TypeError(`events have no field ${name}`);
  return found;
}
