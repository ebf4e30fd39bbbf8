import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BroadcastChannel } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleEvent } from "../../../test/support/sample-events.ts";
import { encodeEvent } from "../../audit/event.ts";
import { Refusal, type Outage } from "../../kernel/errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { openMemoryLedger } from "../../storage/memory/ledger-fixture.ts";
import { MemoryLedgerStore, memoryDisk } from "../../storage/memory/ledger-store.ts";
import type { Definition } from "../definition.ts";
import type { CourierReport, Progress } from "../progress.ts";
import type { MortalThreadGiven } from "./testing/mortal-thread.ts";
import { ThreadCrew } from "./thread-crew.ts";

const THREAD = new URL("./testing/mortal-thread.ts", import.meta.url);

let folder: string;
let file: string;
let ledger: Ledger;
let crew: ThreadCrew;
let given: MortalThreadGiven;
let reports: Map<string, CourierReport>;
let deaths: Outage[];
let troubles: unknown[];
let waiting: (() => void)[];

function openCrew(over: Partial<MortalThreadGiven> = {}): ThreadCrew {
  given = { channel: randomUUID(), ...over };
  return new ThreadCrew({
    start: { file: THREAD, given },
    source: ledger,
    behindMs: () => 0,
    report: (report) => {
      reports.set(report.id, report);
      for (const look of waiting) look();
    },
    onDeath: (reason) => deaths.push(reason),
    onTrouble: (error) => troubles.push(error),
    ...(given.isDeaf ? { graceMs: 50 } : {}),
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-crew-"));
  file = join(folder, "events.jsonl");
  ledger = await openMemoryLedger(new MemoryLedgerStore(memoryDisk()));
  ledger.onAppended(() => crew.grown());
  [reports, deaths, troubles, waiting] = [new Map(), [], [], []];
  crew = openCrew();
});
afterEach(async () => {
  await crew.stop();
  await ledger.close();
  rmSync(folder, { recursive: true });
});

function definition(over: Partial<Definition> = {}): Definition {
  return {
    id: "siem",
    name: "siem",
    sink: { kind: "file", path: file, form: "entry" } as Definition["sink"],
    credentials: {},
    selection: { account: null, includesOperators: true, filter: "", routing: null },
    isPaused: false,
    isPinned: true,
    maxBacklog: null,
    start: { id: "first", index: 0 },
    ...over,
  };
}

const NOTHING: ReadonlyMap<string, Progress> = new Map();

async function record(count: number): Promise<void> {
  const { counters, ...draft } = sampleEvent({ operation: "secret.read" });
  const lines = Array.from({ length: count }, (_, i) =>
    encodeEvent(draft, { ...counters, target: ledger.size + i }),
  );
  await ledger.appendBatch(lines);
}

/** Resolves once the receiver has acknowledged everything before that index. */
function acknowledged(index: number, id = "siem"): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if ((reports.get(id)?.progress.acknowledged ?? -1) >= index) resolve();
    };
    waiting.push(look);
    look();
  });
}

const delivered = (path = file): string[] =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];

async function recorded(): Promise<string[]> {
  const lines = await ledger.entries(Array.from({ length: ledger.size }, (_, i) => i));
  return lines.map((line) => Buffer.from(line).toString("utf8"));
}

function kill(): void {
  const channel = new BroadcastChannel(given.channel);
  channel.postMessage("die");
  channel.close();
}

describe("couriers on a thread of their own", () => {
  it("bring what is recorded before and after they are told where to, byte by byte", async () => {
    await record(2_500);
    await crew.set([definition()], NOTHING);
    await acknowledged(2_500);
    await record(10);
    await acknowledged(2_510);
    expect(delivered()).toEqual(await recorded());
  });

  it("are told of other destinations while they work, and of those that are no more", async () => {
    const second = {
      ...definition(),
      id: "other",
      sink: { ...definition().sink, path: `${file}2` },
    };
    await record(3);
    await crew.set([definition()], NOTHING);
    await acknowledged(3);
    await crew.set([second], NOTHING);
    await record(4);
    await acknowledged(7, "other");
    expect([delivered().length, delivered(`${file}2`).length]).toEqual([3, 7]);
  });

  it("go on from where they had come to at the last start", async () => {
    await record(5);
    await crew.set([definition()], NOTHING);
    await acknowledged(5);
    const known = new Map([["siem", reports.get("siem")?.progress as Progress]]);
    await crew.stop();
    crew = openCrew();
    await record(2);
    await crew.set([definition()], known);
    await acknowledged(7);
    expect(delivered()).toEqual(await recorded());
  });

  it("have reported everything by the time they have stopped", async () => {
    await record(700);
    await crew.set([definition()], NOTHING);
    await crew.stop();
    const { acknowledged: done = 0 } = reports.get("siem")?.progress ?? {};
    expect(delivered().length).toBeGreaterThanOrEqual(done);
    const before = new Map(reports);
    await record(1);
    expect(reports).toEqual(before);
  });

  it("try a destination that is not kept, and say what came of it", async () => {
    await record(1);
    expect(await crew.test(definition())).toEqual({ isReached: true, problem: null, index: 0 });
    const nowhere = { ...definition().sink, path: join(folder, "no", "folder") };
    expect(await crew.test(definition({ sink: nowhere }))).toMatchObject({ isReached: false });
  });

  it("say no as they would on this thread", async () => {
    const tested = crew.test(definition({ sink: { kind: "pigeon" } }));
    const error: unknown = await tested.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Refusal);
    expect(error).toMatchObject({ code: "invalid_request", details: { field: "kind" } });
  });

  it("that died are begun again, and nothing is lost", async () => {
    await record(20);
    await crew.set([definition()], NOTHING);
    await acknowledged(20);
    kill();
    await record(30);
    await acknowledged(50);
    expect(deaths).toHaveLength(1);
    expect(troubles).toEqual([]);
    expect(new Set(delivered())).toEqual(new Set(await recorded()));
    // What had been reported as acknowledged is not sent again.
    expect(delivered().slice(0, 20)).toEqual((await recorded()).slice(0, 20));
    expect(delivered().filter((line) => line === delivered()[0])).toHaveLength(1);
  });

  it("that died are told afterwards what has changed meanwhile", async () => {
    await record(1);
    await crew.set([definition()], NOTHING);
    await acknowledged(1);
    kill();
    while (deaths.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const second = {
      ...definition(),
      id: "other",
      sink: { ...definition().sink, path: `${file}2` },
    };
    await crew.set([second], NOTHING);
    await expect(crew.test(second)).rejects.toThrow("begun again");
    await acknowledged(1, "other");
    expect(delivered(`${file}2`)).toHaveLength(1);
  });

  it("that do not end are ended", async () => {
    await crew.stop();
    crew = openCrew({ isDeaf: true });
    const told = crew.set([definition()], NOTHING);
    await crew.stop();
    await told;
    expect(deaths).toEqual([]);
  });

  it("tell when the ledger cannot be read, and go on when it can", async () => {
    await record(3);
    let isBroken = true;
    const broken = {
      onAppended: () => () => undefined,
      get size() {
        return ledger.size;
      },
      async *read(from: number, to: number) {
        if (isBroken) throw new Error("the disk is gone");
        yield* ledger.read(from, to);
      },
    };
    crew = new ThreadCrew({
      start: { file: THREAD, given: { channel: randomUUID() } },
      source: broken,
      behindMs: () => 0,
      report: (report) => {
        reports.set(report.id, report);
        if (report.attempts > 0) isBroken = false;
        for (const look of waiting) look();
      },
      onDeath: (reason) => deaths.push(reason),
      onTrouble: (error) => troubles.push(error),
    });
    await crew.set([definition()], NOTHING);
    await acknowledged(3);
    expect(troubles).toEqual([new Error("the disk is gone")]);
    expect(delivered()).toEqual(await recorded());
  });
});
