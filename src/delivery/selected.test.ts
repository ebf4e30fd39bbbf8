import { describe, expect, it } from "vitest";
import { parseEvent } from "../audit/event.ts";
import { OPERATOR_ACCOUNT } from "../audit/crn.ts";
import { noVocabulary } from "../search/vocabulary.ts";
import type { Selection } from "./definition.ts";
import { compileSelection } from "./selected.ts";
import { toyId, toyLine, type ToyEvent } from "./testing/toy-ledger.ts";

const EVERYTHING: Selection = {
  account: null,
  includesOperators: true,
  filter: "",
  routing: null,
};
const language = { vocabulary: noVocabulary, now: Date.UTC(2026, 10, 21) };
const isSelected = (selection: Partial<Selection>, event: Partial<ToyEvent> = {}) =>
  compileSelection({ ...EVERYTHING, ...selection }, language)(7, toyLine(7, event)) !== undefined;

it("an entry that is selected comes with its index, its exact bytes and its event", () => {
  const line = toyLine(7);
  const entry = compileSelection(EVERYTHING, language)(7, line);
  expect(entry).toEqual({ index: 7, line, event: parseEvent(line) });
  expect(entry?.line).toBe(line);
});

describe("by account", () => {
  const operators = { account: OPERATOR_ACCOUNT };

  it("others' events never go to an account's destination", () => {
    expect(isSelected({ account: "acct1", includesOperators: false })).toBe(true);
    expect(isSelected({ account: "acct2", includesOperators: true })).toBe(false);
  });

  it("what belongs to nobody goes where it was asked for", () => {
    expect(isSelected({ account: "acct1", includesOperators: false }, operators)).toBe(false);
    expect(isSelected({ account: "acct1", includesOperators: true }, operators)).toBe(true);
    expect(isSelected({ includesOperators: false }, operators)).toBe(false);
    expect(isSelected({ includesOperators: true }, operators)).toBe(true);
  });
});

describe("by a filter", () => {
  it.each([
    ["outcome:success", true],
    ["outcome:failure", false],
    ["NOT action:secrets-manager.secret.read", false],
    ['correlationId:"plain" AND region:us-south', true],
    ["index:7", true],
    [`id:"${toyId(7)}"`, true],
    ["db-prod", true],
    ["eventTime:2026-11-21", true],
    ["eventTime:[2026-11-22 TO *]", false],
    ["   ", true],
  ])("%s", (filter, expected) => {
    expect(isSelected({ filter })).toBe(expected);
  });

  it.each([
    ["eventTime:[now-2h TO now]"],
    ["outcome:failure OR eventTime:[now-1d TO *]"],
    ["NOT eventTime:[* TO now-1M]"],
  ])("one that means another thing tomorrow is refused: %s", (filter) => {
    expect(() => isSelected({ filter })).toThrow(/times that are said from now/);
  });

  it("one that cannot be read is refused", () => {
    expect(() => isSelected({ filter: "outcome:(" })).toThrow();
  });
});
