import { zstdDecompressSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import {
  FRAME_ENTRIES,
  SEGMENT_ENTRIES,
  type SegmentManifest,
  decodeManifest,
  encodeManifest,
  joinLines,
  lineFault,
  lineOffsets,
  openFrame,
  parseSegmentFile,
  sealFrame,
  segmentFile,
  splitLines,
} from "./segment.ts";

describe("a line", () => {
  it.each([
    ["nothing", new Uint8Array(0), "it is empty"],
    ["a newline", utf8("a\nb"), "it has a newline"],
    ["broken UTF-8", Uint8Array.of(0x61, 0xff), "it is not UTF-8"],
    ["too much", new Uint8Array(65_536).fill(0x61), "it has 65536 bytes, more than 65535"],
    ["the longest there may be", new Uint8Array(65_535).fill(0x61), undefined],
    ["text", utf8('{"name":"Zoë"}'), undefined],
  ])("of %s is judged", (_, line, fault) => {
    expect(lineFault(line)).toBe(fault);
  });

  it("stands where the offsets say", () => {
    const line = fc.string({ minLength: 1 }).map((text) => utf8(text.replaceAll("\n", " ")));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const joined = joinLines(lines);
        const offsets = lineOffsets(joined);
        expect(splitLines(joined).map(fromUtf8)).toEqual(lines.map(fromUtf8));
        const found = lines.map((_, i) => joined.subarray(offsets[i], offsets[i + 1]! - 1));
        expect(found.map(fromUtf8)).toEqual(lines.map(fromUtf8));
        expect(offsets.at(-1)).toBe(joined.length);
      }),
    );
  });

  it("without its newline is not counted", () => {
    expect(lineOffsets(utf8("one\ntwo"))).toEqual([0, 4]);
  });
});

describe("a segment's file", () => {
  it("is named after its first entry", () => {
    expect(segmentFile("plain", 0)).toBe("segments/000000000000.ndjson");
    expect(segmentFile("sealed", 131_072)).toBe("segments/000000131072.ndjson.zst");
    expect(segmentFile("manifest", 131_072)).toBe("segments/000000131072.json");
  });

  it("is known by its name and no other", () => {
    expect(parseSegmentFile("segments/000000131072.ndjson.zst")).toEqual({
      kind: "sealed",
      first: 131_072,
    });
    for (const name of [
      "segments/000000131073.ndjson",
      "segments/131072.ndjson",
      "segments/000000131072.ndjson.tmp",
      "segments/notes.txt",
      "000000131072.ndjson",
    ]) {
      expect(parseSegmentFile(name)).toBeUndefined();
    }
  });
});

describe("a sealed segment", () => {
  const lines = Array.from({ length: SEGMENT_ENTRIES }, (_, n) => utf8(JSON.stringify({ n })));
  const plain = joinLines(lines);

  async function seal(): Promise<{ sealed: Uint8Array; frames: number[] }> {
    const parts: Uint8Array[] = [];
    for (let i = 0; i < SEGMENT_ENTRIES; i += FRAME_ENTRIES) {
      parts.push(await sealFrame(joinLines(lines.slice(i, i + FRAME_ENTRIES))));
    }
    const frames = parts.reduce((ends, { length }) => [...ends, ends.at(-1)! + length], [0]);
    return { sealed: Buffer.concat(parts), frames };
  }

  it("is one stream to any zstd decoder, and can be read by frame", async () => {
    const { sealed, frames } = await seal();
    expect(Buffer.compare(zstdDecompressSync(sealed), plain)).toBe(0);
    const frame = sealed.subarray(frames[3], frames[4]);
    expect((await openFrame(frame)).map(fromUtf8)).toEqual(
      lines.slice(3 * FRAME_ENTRIES, 4 * FRAME_ENTRIES).map(fromUtf8),
    );
    expect(zstdDecompressSync(frame)).toHaveLength(joinLines(lines.slice(768, 1024)).length);
  });

  it("comes out the same each time, so that sealing again after a crash changes nothing", async () => {
    const first = await seal();
    const second = await seal();
    expect(Buffer.compare(first.sealed, second.sealed)).toBe(0);
  });

  it("has frames that notice a flipped bit, and a missing line", async () => {
    const { sealed, frames } = await seal();
    const frame = Uint8Array.from(sealed.subarray(frames[0], frames[1]));
    frame[frame.length >> 1]! ^= 4;
    await expect(openFrame(frame)).rejects.toThrow();
    await expect(openFrame(new Uint8Array(0))).rejects.toThrow();
  });
});

describe("a manifest", () => {
  const manifest: SegmentManifest = {
    first: 65_536,
    count: SEGMENT_ENTRIES,
    frameEntries: FRAME_ENTRIES,
    frames: Array.from({ length: 257 }, (_, i) => i * 10),
    sha256: "aa".repeat(32),
    root: "bb".repeat(32),
    tiles: "cc".repeat(32),
  };

  it("reads back as it was written", () => {
    expect(decodeManifest(encodeManifest(manifest), 65_536)).toEqual(manifest);
  });

  it.each([
    ["is of another segment", encodeManifest({ ...manifest, first: 0 })],
    [
      "has frames that do not rise",
      encodeManifest({ ...manifest, frames: manifest.frames.toReversed() }),
    ],
    [
      "has a frame longer than 256 lines can make it",
      encodeManifest({ ...manifest, frames: manifest.frames.with(256, 20_000_000) }),
    ],
    ["has a frame too few", encodeManifest({ ...manifest, frames: manifest.frames.slice(1) })],
    ["has no digest", encodeManifest({ ...manifest, sha256: "" })],
    ["says more than it should", utf8(JSON.stringify({ ...manifest, extra: 1 }))],
    ["is no JSON", utf8("{")],
    ["is no UTF-8", Uint8Array.of(0xff)],
  ])("that %s is none", (_, bytes) => {
    expect(decodeManifest(bytes, 65_536)).toBeUndefined();
  });
});
