import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlacedEvent } from "../client/answers.ts";
import type { CommandIo } from "./command.ts";
import { tableFormat, type Terminal } from "./format-events.ts";
import { displayWidth } from "./format-table.ts";
import { terminalOf } from "./terminal.ts";

const CRN = "crn:v1:bluemix:public:secrets-manager:us-south:a/acct:inst:secret:6ebf8b8d";

function placed(over: Record<string, unknown> = {}): PlacedEvent {
  return {
    index: 7,
    event: {
      id: "e",
      eventTime: "2026-11-21T09:31:07.412Z",
      action: "secrets-manager.secret.read",
      outcome: "success",
      severity: "normal",
      reason: { reasonCode: 200, reasonType: "OK" },
      initiator: { id: "IBMid-1", name: "ada@example.com", host: { address: "203.0.113.200" } },
      target: { id: CRN, name: "db-prod" },
      ...over,
    },
  };
}

function table(
  width: number | undefined,
  rows: readonly PlacedEvent[],
  fields?: string[],
): string[] {
  const format = tableFormat({ width, hasColour: false }, fields);
  return [format.begin(rows), ...rows.map((row) => format.event(row))].map((line) =>
    line.trimEnd(),
  );
}

describe("a table of events", () => {
  const failed = placed({ outcome: "failure", severity: "critical", reason: { reasonCode: 403 } });

  it("at 140 columns says everything", () => {
    expect(table(140, [placed(), failed])).toEqual([
      "TIME                 SEVERITY  OUTCOME      ACTION                       INITIATOR        TARGET   FROM",
      "2026-11-21 09:31:07  normal    success      secrets-manager.secret.read  ada@example.com  db-prod  203.0.113.200",
      "2026-11-21 09:31:07  critical  failure 403  secrets-manager.secret.read  ada@example.com  db-prod  203.0.113.200",
    ]);
  });

  it("at 80 columns leaves out what says least, and shortens names at the end that says less", () => {
    expect(table(80, [placed(), failed])).toEqual([
      "TIME            SEV   RESULT  ACTION                    INITIATOR        TARGET",
      "11-21 09:31:07  norm  ok      …ets-manager.secret.read  ada@example.com  db-prod",
      "11-21 09:31:07  crit  403     …ets-manager.secret.read  ada@example.com  db-prod",
    ]);
  });

  it("is never wider than its terminal, whatever the events say", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 80 });
    const names = fc.record({ name: text, id: text, host: fc.record({ address: text }) });
    const event = fc.record({
      action: text,
      severity: text,
      outcome: text,
      initiator: names,
      target: names,
    });
    const widths = fc.integer({ min: 60, max: 200 });
    fc.assert(
      fc.property(widths, fc.array(event, { minLength: 1, maxLength: 5 }), (width, events) => {
        const rows = events.map((one) => placed(one));
        for (const line of table(width, rows)) {
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        }
      }),
    );
  });

  it("names what has no name by the end of its CRN, and nobody by a dash", () => {
    const [, line] = table(undefined, [
      placed({ target: { id: CRN, name: "" }, initiator: { id: "", name: "" } }),
    ]);
    expect(line).toMatch(/ {2}- +secret:6ebf8b8d$/);
  });

  it("has the columns that are asked for, by path", () => {
    expect(table(undefined, [placed()], ["index", "target.name", "requestData", "reason"])).toEqual(
      [
        "index  target.name  requestData  reason",
        '7      db-prod                   {"reasonCode":200,"reasonType":"OK"}',
      ],
    );
  });

  it("is coloured by severity, a line at a time", () => {
    const format = tableFormat({ width: 80, hasColour: true });
    format.begin([placed()]);
    const colour = (severity: string) => format.event(placed({ severity })).split("11-21", 1)[0];
    expect(["normal", "warning", "critical"].map(colour)).toEqual(["", "\u001b[33m", "\u001b[31m"]);
    expect(format.event(failed).endsWith("\u001b[0m\n")).toBe(true);
  });
});

describe("a terminal", () => {
  const tty = { isTTY: true, columns: 90 };

  it.each<readonly [stdout: object, env: Record<string, string>, terminal: Terminal]>([
    [{}, {}, { width: undefined, hasColour: false }],
    [{ isTTY: true, columns: 120 }, {}, { width: 120, hasColour: true }],
    [{ isTTY: true }, {}, { width: 80, hasColour: true }],
    [{ isTTY: true, columns: 5 }, {}, { width: 60, hasColour: true }],
    [tty, { NO_COLOR: "1" }, { width: 90, hasColour: false }],
    [tty, { NO_COLOR: "" }, { width: 90, hasColour: true }],
    [tty, { TERM: "dumb" }, { width: 90, hasColour: false }],
  ])("of %j with %j is taken for what it is", (stdout, env, terminal) => {
    const io = { stdout, env } as unknown as CommandIo;
    expect(terminalOf(io)).toEqual(terminal);
  });
});
