import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../kernel/bytes.ts";
import { CompactRange, type Hash, leafHash, nodeHash, treeRoot } from "./merkle.ts";
import {
  TileHashReader,
  decodeBundle,
  encodeBundle,
  foldTile,
  levelCount,
  parseTilePath,
  partialTiles,
  tilePath,
  tileWidth,
} from "./tile.ts";
import { TreeGrowth } from "./tree-growth.ts";

describe("a tile's path", () => {
  it("is as the specification's examples have it", () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
    expect(tilePath({ level: 3, index: 5, width: 17 })).toBe("tile/3/005.p/17");
    expect(tilePath({ level: "entries", index: 1000, width: 1 })).toBe("tile/entries/x001/000.p/1");
  });

  it("reads back as what it was written from", () => {
    const level = fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant("entries" as const));
    const index = fc.integer({ min: 0, max: 2 ** 45 });
    const width = fc.integer({ min: 1, max: 256 });
    fc.assert(
      fc.property(level, index, width, (l, i, w) => {
        const tile =
          l === "entries" ? { level: l, index: i, width: w } : { level: l, index: i, width: w };
        expect(parseTilePath(tilePath(tile))).toEqual(tile);
      }),
    );
  });

  it.each([
    "tile/0/5",
    "tile/0/0005",
    "tile/00/005",
    "tile/64/005",
    "tile/-1/005",
    "tile/0/x005",
    "tile/0/001/005",
    "tile/0/x000/005",
    "tile/0/005.p/0",
    "tile/0/005.p/256",
    "tile/0/005.p/01",
    "tile/0/005.p/",
    "tile/0/005.p",
    "tile/0/005/",
    "/tile/0/005",
    "tile/0/../005",
    "tile/entry/005",
    "tile/0/x999/x999/x999/x999/x999/x999/999",
    "",
  ])("is not read from %j", (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe("the tiles of a tree", () => {
  it("are as the specification's examples have them", () => {
    expect(partialTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(partialTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
    expect(partialTiles(0)).toEqual([]);
    expect(levelCount(65_536)).toBe(3);
    expect([0, 272, 273, 274].map((n) => tileWidth(0, n, 70_000))).toEqual([256, 256, 112, 0]);
  });

  it("give the root of every tree they are tiles of, also with later, wider ones in their place", async () => {
    const size = 70_000;
    const growth = TreeGrowth.empty();
    const roots = new Map<number, Hash>();
    const sizes = new Set([1, 2, 255, 256, 257, 511, 512, 4097, 65_535, 65_536, 65_537, size]);
    const range = new CompactRange();
    for (let i = 0; i < size; i++) {
      const leaf = leafHash(utf8(String(i)));
      growth.grow(leaf);
      range.append(leaf);
      if (sizes.has(i + 1)) roots.set(i + 1, range.root());
    }
    const tiles = new Map(
      growth.snapshot().tiles.map(({ tile, bytes }) => [`${tile.level}/${tile.index}`, bytes]),
    );
    for (const [at, root] of roots) {
      const reader = new TileHashReader(at, ({ level, index }) => {
        const bytes = tiles.get(`${level}/${index}`);
        return bytes ? Promise.resolve(bytes) : Promise.reject(new Error("no such tile"));
      });
      expect(toHex(await treeRoot(reader, at))).toBe(toHex(root));
    }
  });

  it("fold in pairs", () => {
    const [a, b, c, d] = ["a", "b", "c", "d"].map((text) => leafHash(utf8(text))) as [
      Hash,
      Hash,
      Hash,
      Hash,
    ];
    expect(foldTile(a)).toEqual(a);
    expect(foldTile(Buffer.concat([a, b, c, d]))).toEqual(nodeHash(nodeHash(a, b), nodeHash(c, d)));
  });
});

describe("growing", () => {
  it("tells of each tile until it is written, and of a partial one again when it is wider", () => {
    const growth = TreeGrowth.empty();
    const grow = (count: number): void => {
      for (let i = 0; i < count; i++) growth.grow(leafHash(utf8(String(growth.size))));
    };
    const paths = (): string[] => growth.snapshot().tiles.map(({ tile }) => tilePath(tile));
    grow(300);
    expect(paths()).toEqual(["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"]);
    growth.written(300);
    expect(paths()).toEqual([]);
    grow(1);
    expect(paths()).toEqual(["tile/0/001.p/45"]);
    grow(300);
    growth.written(301);
    expect(paths()).toEqual(["tile/0/001", "tile/0/002.p/89", "tile/1/000.p/2"]);
  });

  it("goes on from the roots of whole segments as if it had seen their leaves", () => {
    const leaves = Buffer.concat(
      Array.from({ length: 3 * 65_536 + 5 }, (_, i) => leafHash(utf8(String(i)))),
    );
    const whole = TreeGrowth.empty();
    whole.grow(leaves);
    const roots = [0, 1, 2].map((i) => {
      const segment = TreeGrowth.empty();
      segment.grow(leaves.subarray(i * 65_536 * 32, (i + 1) * 65_536 * 32));
      return segment.root();
    });
    const resumed = TreeGrowth.ofSegments(roots);
    resumed.grow(leaves.subarray(3 * 65_536 * 32));
    expect(resumed.root()).toEqual(whole.root());
    const inOpenSegment = new Map(
      whole.snapshot().tiles.map(({ tile, bytes }) => [tilePath(tile), bytes]),
    );
    const tiles = resumed.snapshot().tiles;
    expect(tiles.map(({ tile }) => tilePath(tile))).toEqual(["tile/0/768.p/5", "tile/2/000.p/3"]);
    for (const { tile, bytes } of tiles) expect(inOpenSegment.get(tilePath(tile))).toEqual(bytes);
  });
});

describe("an entry bundle", () => {
  it("reads back as the entries it was made of", () => {
    const entry = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        const decoded = decodeBundle(encodeBundle(entries));
        expect(decoded?.map((bytes) => [...bytes])).toEqual(entries.map((bytes) => [...bytes]));
      }),
    );
  });

  it("is a big-endian length and the entry, and holds the longest entry there may be", () => {
    expect([...encodeBundle([utf8("ab"), utf8("")])]).toEqual([0, 2, 97, 98, 0, 0]);
    expect(decodeBundle(encodeBundle([new Uint8Array(65_535)]))?.[0]).toHaveLength(65_535);
  });

  it("is refused when it ends within an entry", () => {
    const bundle = encodeBundle([utf8("ab"), utf8("c")]);
    for (const cut of [1, 2, 3, 5, 6])
      expect(decodeBundle(bundle.subarray(0, cut))).toBeUndefined();
    expect(decodeBundle(bundle.subarray(0, 4))).toHaveLength(1);
  });
});
