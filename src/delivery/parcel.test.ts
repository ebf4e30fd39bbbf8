import { describe, expect, it } from "vitest";
import { utf8 } from "../kernel/bytes.ts";
import { parseEvent } from "../audit/event.ts";
import { DeliveryFault } from "./fault.ts";
import { MAX_LOOKED_AT, Packer } from "./parcel.ts";
import type { Encode } from "./sink.ts";
import { toyId, ToyLedger } from "./testing/toy-ledger.ts";

const LIMITS = { maxEvents: 100, maxBytes: 1_000 };
const ten: Encode = () => utf8("x".repeat(10));

function packerOf(
  ledger: ToyLedger,
  encode = ten,
  isSelected = (index: number) => index >= 0,
): Packer {
  return new Packer({
    read: ledger.run,
    encode,
    select: (index, line) =>
      isSelected(index) ? { index, line, event: parseEvent(line) } : undefined,
  });
}

function ledgerOf(size: number, runEntries = size): ToyLedger {
  const ledger = new ToyLedger();
  ledger.runEntries = runEntries;
  ledger.grow(Array.from({ length: size }, () => ({})));
  return ledger;
}

const none = () => false;
const indexes = (of: readonly { readonly index: number }[]) => of.map(({ index }) => index);

describe("a parcel", () => {
  it("holds no more events and bytes than it may, and one in any case", async () => {
    const packer = packerOf(ledgerOf(30));
    const few = await packer.pack(3, { ...LIMITS, maxEvents: 4 }, none);
    expect(indexes(few.messages)).toEqual([3, 4, 5, 6]);
    expect(few.next).toBe(7);
    expect(indexes((await packer.pack(0, { ...LIMITS, maxBytes: 25 }, none)).messages)).toEqual([
      0, 1,
    ]);
    const long = await packer.pack(0, { ...LIMITS, maxBytes: 5 }, none);
    expect([indexes(long.messages), long.next]).toEqual([[0], 1]);
  });

  it("reads no further than one run, and that one once", async () => {
    const ledger = ledgerOf(30, 8);
    const packer = packerOf(ledger);
    for (let at = 0; at < 30;) at = (await packer.pack(at, { ...LIMITS, maxEvents: 3 }, none)).next;
    expect(ledger.reads).toBe(4);
  });

  it("gives others their turn where nothing is selected", async () => {
    const packer = packerOf(ledgerOf(MAX_LOOKED_AT + 10), ten, none);
    expect(await packer.pack(0, LIMITS, none)).toMatchObject({ messages: [], next: MAX_LOOKED_AT });
  });

  it("names what the sink has no words for, and what it breaks on", async () => {
    const encode: Encode = ({ index }) => {
      if (index === 1) throw new DeliveryFault("rejected", "too long");
      if (index === 2) throw new TypeError("x is undefined");
      return utf8("x");
    };
    const parcel = await packerOf(ledgerOf(4), encode).pack(0, LIMITS, none);
    expect(indexes(parcel.messages)).toEqual([0, 3]);
    expect(parcel.unsaid).toMatchObject([{ index: 1, id: toyId(1), reason: "too long" }]);
    expect(parcel.broken).toMatchObject([{ index: 2, id: toyId(2) }]);
    expect(parcel.broken[0]?.reason).not.toContain("undefined");
  });
});

it("the last message before a place is found, but for those left out", async () => {
  const packer = packerOf(ledgerOf(50, 6), ten, (index) => index % 5 === 0);
  expect((await packer.lastBetween(0, 43, none))?.index).toBe(40);
  expect((await packer.lastBetween(0, 43, (index) => index === 40))?.index).toBe(35);
  expect(await packer.lastBetween(41, 44, none)).toBeUndefined();
  expect(await packer.lastBetween(9, 9, none)).toBeUndefined();
});
