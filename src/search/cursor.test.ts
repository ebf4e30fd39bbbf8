import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

test("a cursor comes back as the hit it was made of", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(), (time, seq) => {
      expect(decodeCursor(encodeCursor({ time, seq }))).toEqual({ time, seq });
    }),
  );
});

test.each(["", "abc", "MTox", "💥", "MToxOjI6Mw", "/////w", "A".repeat(100)])(
  "%s is refused",
  (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow("The cursor is not one of ours");
  },
);
