import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { expiryOf, isExpired } from "./expiry.ts";
import { checkGroupName } from "./group.ts";
import { checkLockName } from "./lock.ts";
import { pageOf, sortOf } from "./paging.ts";
import {
  ACTIVE,
  checkCustomMetadata,
  checkDescription,
  checkLabels,
  checkStrictName,
  DESTROYED,
} from "./secret.ts";
import { NO_STAGING } from "./stages.ts";
import { aliasOf, numberOf, versionSelector } from "./version.ts";

const refuses = (work: () => unknown): boolean => {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
};

describe("names", () => {
  it.each(["db", "db-prod", "a.b_c-9", "_x", "x".repeat(256)])(
    "of secrets and locks may be %s",
    (name) => {
      checkStrictName(name);
      checkLockName(name);
    },
  );

  it.each([
    "",
    "a",
    "-db",
    "db-",
    ".db",
    "db.",
    "a b",
    "a/b",
    "a\nb",
    "db\n",
    "naïve",
    "x".repeat(257),
    "a:b",
  ])("of secrets and locks may not be %j", (name) => {
    expect(refuses(() => checkStrictName(name))).toBe(true);
    expect(refuses(() => checkLockName(name))).toBe(true);
  });

  it("of groups are printable, and one segment of a path", () => {
    for (const name of ["Team Blue", "équipe", "a+b"]) checkGroupName(name);
    for (const name of ["a", "a/b", "a\nb", "a\0b", "a\ud800", "x".repeat(65)]) {
      expect(refuses(() => checkGroupName(name))).toBe(true);
    }
  });
});

describe("labels", () => {
  it("are a set of up to 30, of 2 to 30 characters each", () => {
    expect(checkLabels(["us", "eu", "us"])).toEqual(["us", "eu"]);
    expect(refuses(() => checkLabels(["x"]))).toBe(true);
    expect(refuses(() => checkLabels(["x".repeat(31)]))).toBe(true);
    const many = Array.from({ length: 31 }, (_, i) => `label-${i}`);
    expect(refuses(() => checkLabels(many))).toBe(true);
    expect(checkLabels(many.slice(1))).toHaveLength(30);
  });
});

describe("a description", () => {
  it("has at most 1,024 characters, and is kept as it was given or not at all", () => {
    checkDescription("x".repeat(1_024));
    checkDescription("two\nlines, a \0 and a 🔑");
    expect(refuses(() => checkDescription("x".repeat(1_025)))).toBe(true);
    expect(refuses(() => checkDescription("half a pair \ud83d"))).toBe(true);
    expect(refuses(() => checkLabels(["\ud83d\ud83d"]))).toBe(true);
  });
});

describe("custom metadata", () => {
  it("has at most 10 KB as JSON", () => {
    checkCustomMetadata({ a: "x".repeat(10_232) }, "customMetadata");
    expect(refuses(() => checkCustomMetadata({ a: "x".repeat(10_233) }, "customMetadata"))).toBe(
      true,
    );
  });
});

describe("an expiration date", () => {
  const now = Date.parse("2026-11-21T09:00:00Z");

  it("is RFC 3339 and in the future", () => {
    expect(expiryOf("2030-01-01T00:00:00Z", "arbitrary", now)).toBe(Date.UTC(2030, 0, 1));
    expect(expiryOf("2030-01-01T02:00:00.5+02:00", "arbitrary", now)).toBe(
      Date.UTC(2030, 0, 1) + 500,
    );
    expect(expiryOf(undefined, "kv", now)).toBeNull();
    for (const date of [
      "2026-11-21T09:00:00Z",
      "2020-01-01T00:00:00Z",
      "2030-01-01",
      "2030-01-01T00:00:00",
      "tomorrow",
      "",
      "2030-13-01T00:00:00Z",
    ]) {
      expect(refuses(() => expiryOf(date, "arbitrary", now))).toBe(true);
    }
  });

  it("is refused for kv", () => {
    expect(refuses(() => expiryOf("2030-01-01T00:00:00Z", "kv", now))).toBe(true);
  });

  it("has passed from its very moment on, unless locks keep the secret alive", () => {
    const secret = { type: "arbitrary", state: ACTIVE, expiresAt: now, locksTotal: 0 } as const;
    expect(isExpired(secret, now - 1)).toBe(false);
    expect(isExpired(secret, now)).toBe(true);
    expect(isExpired({ ...secret, locksTotal: 1 }, now)).toBe(false);
    expect(isExpired({ ...secret, state: DESTROYED, expiresAt: null }, 0)).toBe(true);
    expect(isExpired({ ...secret, expiresAt: null }, now)).toBe(false);
  });
});

describe("aliases", () => {
  it("are the newest version and the one before it", () => {
    expect(
      [4, 3, 2].map((number) =>
        aliasOf({ ...NO_STAGING, currentVersion: 4, previousVersion: 3 }, number),
      ),
    ).toEqual(["current", "previous", null]);
    const first = { ...NO_STAGING, currentVersion: 1 };
    expect(numberOf({ ...first, previousVersion: 3 }, { alias: "previous" })).toBe(3);
    expect(numberOf(first, { alias: "previous" })).toBe(0);
  });

  it("are told from ids", () => {
    expect(versionSelector("current")).toEqual({ alias: "current" });
    expect(versionSelector("Current")).toEqual({ versionId: "Current" });
  });
});

describe("pages", () => {
  it("have bounds", () => {
    expect(pageOf({}, 200)).toEqual({ offset: 0, limit: 200 });
    for (const page of [
      { offset: -1 },
      { limit: 0 },
      { limit: 1_001 },
      { limit: 1.5 },
      { offset: Number.NaN },
    ]) {
      expect(refuses(() => pageOf(page, 200))).toBe(true);
    }
  });

  it("are sorted up or down", () => {
    expect(sortOf("-name")).toEqual({ field: "name", descending: true });
    expect(sortOf("name")).toEqual({ field: "name", descending: false });
  });
});
