/**
 * DSV's own table of what it logs is the measure: for each of its 91 rows, and each status of it, the call is made by an
 * HTTP client against a running server, and the record is found by `GET /v1/audit` with that path, method and status.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "../e2e/running-server.ts";
import { dsvProblems } from "../support/dsv-validator.ts";
import { actsOfConfiguration } from "./dsv-acts-configuration.ts";
import { actsOfIdentities } from "./dsv-acts-identities.ts";
import { actsOfSecrets } from "./dsv-acts-secrets.ts";
import { Acts, type Act } from "./dsv-acts.ts";
import { dsvRows, type DsvRow } from "./dsv-rows.ts";
import { DsvWire, type WireAnswer } from "./dsv-wire.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Record_ = any;

/** Statuses by which DSV says that it failed itself, and of a configuration that is not there: ours always is. */
const NEVER = new Set([
  "config GET 500",
  "config GET 404",
  "config:version:{version} GET 500",
  "config POST 500",
]);

let folder: string;
let server: RunningServer;
let wire: DsvWire;
let acts: readonly Act[];
const records = new Map<string, Record_>();

beforeAll(async () => {
  folder = temporaryFolder();
  server = await RunningServer.start(folder);
  wire = new DsvWire(server.url, await tokenOf(server.url, server.bootstrap.api_key));
  const made = new Acts(wire, server.url);
  await actsOfSecrets(made);
  await actsOfIdentities(made);
  await actsOfConfiguration(made, folder);
  acts = made.all;
  let cursor = "";
  do {
    const page: WireAnswer = await wire.call("GET", `/audit?limit=200&cursor=${cursor}`);
    expect(page.status).toBe(200);
    for (const record of page.body.data) records.set(record.id, record);
    cursor = page.body.cursor;
  } while (cursor !== "");
}, 180_000);
afterAll(async () => {
  await server?.stop();
  removeFolder(folder);
});

const wanted = dsvRows.flatMap((row) =>
  row.statuses
    .filter((status) => !NEVER.has(`${row.path} ${row.method} ${status}`))
    .map((status) => [row.path, row.method, status, row] as const),
);

describe("DSV's table of what it logs", () => {
  it("has the 91 rows", () => {
    expect(dsvRows).toHaveLength(91);
    expect(
      new Set(dsvRows.map(({ path, method, statuses }) => `${path} ${method} ${statuses.join()}`))
        .size,
    ).toBe(91);
  });

  it.each(wanted)("is met: %s %s %i", (...[path, method, status, row]) => {
    const of = acts.filter((act) => act.row === `${path} ${method}` && act.recorded === status);
    expect(of, "no act of this row has this status").not.toEqual([]);
    for (const act of of) {
      const record = records.get(act.event);
      expect(record).toMatchObject({ action: method, status, path: act.path });
      expect(act.path).toMatch(formOf(row));
      expect(dsvProblems(record)).toEqual([]);
    }
  });

  it("is met by nothing else than was asked for: each answer has the status it should have", () => {
    expect(acts.filter(({ answered, status }) => answered !== status)).toEqual([]);
  });

  it("is all that is left where records are asked for strictly", async () => {
    const strict = await wire.call("GET", "/audit?limit=1000&strict=true");
    expect(strict.status).toBe(200);
    const forms = dsvRows.map((row) => ({ row, form: formOf(row) }));
    expect(strict.body.data.length).toBeGreaterThan(80);
    for (const { path, action, status } of strict.body.data as readonly Record_[]) {
      const isLogged = forms.some(
        ({ row, form }) =>
          row.method === action &&
          form.test(path) &&
          (row.statuses.includes(status) || isForced(action, status)),
      );
      expect({ path, action, status, isLogged }).toMatchObject({ isLogged: true });
    }
    const paths = strict.body.data.map((record: Record_) => record.path);
    expect(paths.filter((path: string) => /::listpaths$|^secrets:.*:restore$/.test(path))).toEqual(
      [],
    );
  });
});

/** A deletion for good is logged with what is answered to it. */
function isForced(action: string, status: number): boolean {
  return action === "DELETE" && status === 204;
}

/** Placeholders stand for one name, or for a path of several. */
function formOf({ path }: DsvRow): RegExp {
  const source = path
    .replaceAll(/\{path(?:,id)?\}/g, "[^]+")
    .replace("{principal}", "(?:users|roles|clients):[^:]+")
    .replaceAll(/\{\w+\}/g, "[^:]+");
  return new RegExp(`^${source}$`);
}
