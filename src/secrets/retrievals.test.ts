import { describe, expect, it, vi } from "vitest";
import { parseEvent } from "../audit/event.ts";
import { utf8 } from "../kernel/bytes.ts";
import type { Millis } from "../kernel/clock.ts";
import { MemoryEntryLog } from "../storage/memory/entry-log.ts";
import { Retrievals, type RetrievalStore } from "./retrievals.ts";
import type { Retrieved } from "./store.ts";

const AT = Date.UTC(2026, 10, 21, 9);

function read(secretId: string, versionId: string, more: object = {}): Uint8Array {
  return utf8(
    JSON.stringify({
      eventTime: new Date(AT).toISOString(),
      operation: "secret.read",
      outcome: "success",
      target: {
        id: `crn:v1:bluemix:public:secrets-manager:us-south:a/acme:main:secret:${secretId}`,
      },
      responseData: { id: secretId, versionId, payloadAvailable: true, downloaded: true },
      ...more,
    }),
  );
}

class Store implements RetrievalStore {
  readonly saved = new Map<string, Millis>();
  stored = 0;
  saves = 0;
  isFailing = false;
  /** Set to hold a save back until it is released. */
  held: Promise<void> | undefined;

  async position(): Promise<number> {
    return this.stored;
  }

  async save(retrievals: readonly Retrieved[], position: number): Promise<void> {
    this.saves += 1;
    await this.held;
    if (this.isFailing) throw new Error("disk full");
    for (const { versionId, at } of retrievals) this.saved.set(versionId, at);
    this.stored = position;
  }
}

const opened = async (log = new MemoryEntryLog(), store = new Store()) => {
  const retrievals = await Retrievals.open(log, store);
  log.onAppended(({ first, lines }) =>
    retrievals.onRecorded({ first, events: lines.map(parseEvent) }),
  );
  return { log, store, retrievals };
};

describe("retrievals", () => {
  it("are known from the moment their entry is durable, and saved later", async () => {
    const { log, store, retrievals } = await opened();
    await log.append(read("s1", "v1"));
    expect(retrievals.unsaved("s1")).toEqual(new Map([["v1", AT]]));
    expect(store.saves).toBe(0);
    await retrievals.save();
    expect([retrievals.unsaved("s1").size, store.saved.get("v1"), store.stored]).toEqual([
      0,
      AT,
      1,
    ]);
    await retrievals.close();
  });

  it("are what gave a value out, and nothing else", async () => {
    const { log, retrievals } = await opened();
    const withheld = {
      responseData: { versionId: "v1", payloadAvailable: false, downloaded: true },
    };
    await log.appendBatch([
      read("s1", "v1", { outcome: "failure" }),
      read("s1", "v1", withheld),
      read("s1", "v1", { operation: "secret.metadata.read" }),
      read("s1", "v1", {
        operation: "secret.create",
        requestData: { name: '"operation":"secret.read"' },
      }),
      read("s1", "v2", { operation: "version.read" }),
    ]);
    expect([...retrievals.unsaved("s1").keys()]).toEqual(["v2"]);
    await retrievals.close();
  });

  it("keep the latest time of a version, in whatever order the times come", async () => {
    const { log, retrievals } = await opened();
    const at = (offset: number) => ({ eventTime: new Date(AT + offset).toISOString() });
    await log.appendBatch([
      read("s1", "v1"),
      read("s1", "v1", at(5_000)),
      read("s1", "v1", at(-5_000)),
    ]);
    expect(retrievals.unsaved("s1").get("v1")).toBe(AT + 5_000);
    await retrievals.close();
  });

  it("that were not saved before a crash are taken from the ledger again", async () => {
    const { log, store, retrievals } = await opened();
    await log.append(read("s1", "v1"));
    await retrievals.save();
    await log.append(read("s1", "v2"));
    const after = await opened(log, store);
    expect([...after.retrievals.unsaved("s1").keys()]).toEqual(["v2"]);
    await after.retrievals.close();
    await retrievals.close();
    expect(store.stored).toBe(2);
  });

  it("noted during a save wait for the next one", async () => {
    const { log, store, retrievals } = await opened();
    await log.append(read("s1", "v1"));
    let release = (): void => undefined;
    store.held = new Promise((resolve) => (release = resolve));
    const saving = retrievals.save();
    await log.append(read("s1", "v1", { eventTime: new Date(AT + 1_000).toISOString() }));
    release();
    await saving;
    expect([store.saved.get("v1"), retrievals.unsaved("s1").get("v1")]).toEqual([AT, AT + 1_000]);
    await retrievals.close();
    expect(store.saved.get("v1")).toBe(AT + 1_000);
  });

  it("stay known when they cannot be saved, and are saved when they can", async () => {
    const { log, store, retrievals } = await opened();
    await log.append(read("s1", "v1"));
    store.isFailing = true;
    await retrievals.save();
    expect(retrievals.unsaved("s1").has("v1")).toBe(true);
    store.isFailing = false;
    await retrievals.save();
    expect([retrievals.unsaved("s1").size, store.saved.size]).toEqual([0, 1]);
    await retrievals.close();
  });

  it("are saved once a second at most, and then not again without news", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { log, store, retrievals } = await opened();
      for (let i = 0; i < 100; i++) await log.append(read("s1", `v${i}`));
      await vi.advanceTimersByTimeAsync(999);
      expect(store.saves).toBe(0);
      await vi.advanceTimersByTimeAsync(10_000);
      expect([store.saves, store.saved.size]).toEqual([1, 100]);
      await retrievals.close();
      expect(store.saves).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("do not advance over events they were not told of", async () => {
    const { log, store, retrievals } = await opened();
    retrievals.onRecorded({ first: 5, events: [parseEvent(read("s1", "v1"))] });
    await retrievals.save();
    expect([store.saved.has("v1"), store.stored]).toEqual([true, 0]);
    await log.append(read("s1", "v2"));
    await retrievals.close();
    expect(store.stored).toBe(1);
  });
});
