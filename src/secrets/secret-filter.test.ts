import { describe, expect, it } from "vitest";
import { hasWords, wordsIn } from "./secret-filter.ts";

describe("words", () => {
  it.each([
    ["prod/db-password_1", ["prod", "db", "password", "1"]],
    ["dbPassword of HTTPServer", ["db", "password", "of", "http", "server"]],
    ["  ", []],
    ["Ärger im Büro", ["Ärger", "im", "büro"]],
  ])("of %j are %j", (text, words) => {
    expect(wordsIn(text)).toEqual(words);
  });

  it.each([
    ["the main database", "main data", true],
    ["the main database", "data main", true],
    ["the main database", "ain", false],
    ["the main database", "main other", false],
    ["dbPassword", "pass", true],
    ["dbPassword", "DBPASS", true],
    ["dbPassword", "dbPass", true],
    ["anything", "-", false],
  ])("of %j: %j is begun by them is %s", (text, asked, isSo) => {
    expect(hasWords(text, wordsIn(asked))).toBe(isSo);
  });
});
