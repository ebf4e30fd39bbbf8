/** Queries over one instance and over all of them, with the index that a server has. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseEvent } from "../../audit/event.ts";
import { DuckDbEventIndex } from "../../storage/duckdb/event-index.ts";
import type { Caller } from "../call.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { rotationJob } from "../secrets/jobs.ts";
import { readSecret } from "../secrets/read-secret.ts";
import { arbitrary, login } from "../secrets/testing/inputs.ts";
import { PLACE } from "../testing/test-app.ts";
import { searchEvents } from "../trail/search-events.ts";
import { openTrailApp, type TrailApp } from "../trail/testing/trail-app.ts";
import type { Operation } from "../operation.ts";
import { createInstance } from "./create-instance.ts";
import { deleteInstance } from "./delete-instance.ts";
import { renameInstance, renameInstanceInput } from "./rename-instance.ts";

const DAY_MS = 86_400_000;
const DALLAS = `crn:v1:bluemix:public:secrets-manager:us-south:a/${PLACE.account}:${PLACE.instance}::`;

let folder: string;
let app: TrailApp;
let auditor: Caller;
let frankfurt: string;

async function doneIn<I extends object, O extends object>(
  [caller, place]: readonly [Caller, typeof PLACE | object],
  operation: Operation<I, unknown, O>,
  input: I,
): Promise<O> {
  const call = app.base.call(caller, { ...PLACE, ...place });
  const performed = await app.performer.perform(operation, call, () => input);
  if (performed.kind === "refused") throw performed.refusal;
  return performed.output;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keytrail-instances-"));
  app = await openTrailApp(await DuckDbEventIndex.open(folder));
  auditor = await app.base.callerWith(["Auditor"]);
  const operator = await app.base.callerWith(["Operator"]);
  const manager = await app.base.callerWith(["Manager"]);
  const made = await app.done(createInstance, operator, { name: "payments", region: "eu-de" });
  frankfurt = made.crn;
  const there = { region: "eu-de", instance: made.id };

  const here = await doneIn([manager, {}], createSecret, arbitrary("in-dallas"));
  await doneIn([manager, {}], readSecret, { id: here.id });
  const rotation = { autoRotate: true, interval: 1, unit: "day" } as const;
  await doneIn([manager, there], createSecret, { ...login("in-frankfurt", "s3cret"), rotation });
  const reader = await app.base.callerWith(["Reader"]);
  const refused = doneIn([reader, there], createSecret, arbitrary("refused"));
  await expect(refused).rejects.toThrow("one of the roles");
  app.base.clock.advance(2 * DAY_MS);
  const job = rotationJob({ state: app.base.state, performer: app.performer });
  for (const task of await job.due(app.base.clock.now(), 10)) await task.run();

  const second = await app.done(createInstance, operator, { name: "short", region: "eu-de" });
  await app.done(renameInstance, operator, renameInstanceInput(second.id, "shorter"));
  await app.done(deleteInstance, operator, { id: second.id });
});

afterAll(async () => {
  await app.indexer.stop();
  await app.index.close();
  await app.close();
  await rm(folder, { recursive: true });
});

/** What a query finds, oldest first: the action without its service, and the region. */
async function found(query: string, who: Caller = auditor): Promise<readonly string[]> {
  const input = { query, order: "oldest", limit: 100 } as const;
  const { entries } = await app.done(searchEvents, who, input);
  return entries
    .map(({ line }) => parseEvent(line))
    .map(({ action, region }) => `${action.slice(action.indexOf(".") + 1)} ${region}`);
}

describe("a query", () => {
  it("over all instances finds an action in every region", async () => {
    const query = "host:secrets-manager action:secrets-manager.secret.create";
    expect(await found(query)).toEqual([
      "secret.create us-south",
      "secret.create eu-de",
      "secret.create eu-de",
    ]);
  });

  it("over one instance finds that action there, and nothing of the others", async () => {
    const action = "action:secrets-manager.secret.create";
    expect(await found(`app:${DALLAS} ${action}`)).toEqual(["secret.create us-south"]);
    expect(await found(`app:${frankfurt} ${action}`)).toEqual([
      "secret.create eu-de",
      "secret.create eu-de",
    ]);
    expect(await found(`app:${frankfurt} reason.reasonType:Forbidden`)).toEqual([
      "secret.create eu-de",
    ]);
    expect(await found(`app:${DALLAS} reason.reasonType:Forbidden`)).toEqual([]);
  });

  it("over one instance finds its whole history, what the schedule did included", async () => {
    expect(await found(`app:${frankfurt}`)).toEqual([
      "instance.create eu-de",
      "secret.create eu-de",
      "secret.create eu-de",
      "secret-version.create eu-de",
    ]);
    const scheduled = `app:${frankfurt} initiator.id:keytrail-rotation`;
    expect(await found(scheduled)).toEqual(["secret-version.create eu-de"]);
  });

  it("over one instance finds how it ended, when it is no more", async () => {
    const created = await app.events();
    const last = created.findLast(({ operation }) => operation === "instance.delete");
    expect(await found(`app:${last?.logSourceCRN ?? ""}`)).toEqual([
      "instance.create eu-de",
      "instance.update eu-de",
      "instance.delete eu-de",
    ]);
  });

  it("by somebody who may see one region shows that region", async () => {
    const german = await app.base.callerWith(["Auditor"], { region: "eu-de" });
    const all = await found("host:secrets-manager action:secrets-manager.secret.create", german);
    expect(all).toEqual(["secret.create eu-de", "secret.create eu-de"]);
    expect(await found(`app:${DALLAS}`, german)).toEqual([]);
  });
});
