import { describe, expect, it } from "vitest";
import { everyKindOfEvent } from "../../../../test/support/sample-events.ts";
import { encodeEvent, parseEvent } from "../../../audit/event.ts";
import type { Message } from "../../entry.ts";
import { bucketEncoder, placedLine } from "./encode.ts";
import { Gathered } from "./objects.ts";

const [SAMPLE] = [...everyKindOfEvent()];
const encode = bucketEncoder({ form: "entry" });

function message(index: number, changes: object = {}): Message {
  if (!SAMPLE) throw new Error("there is an event of every kind");
  const event = {
    ...SAMPLE,
    account: "acc",
    region: "eu-de",
    eventTime: "2026-11-21T09:31:07.123Z",
    ...changes,
  };
  const line = encodeEvent(event, event.counters);
  return { index, id: event.id, bytes: encode({ index, line, event: parseEvent(line) }) };
}

function objectsOf(messages: readonly Message[]) {
  const gathered = new Gathered();
  for (const one of messages) gathered.add(one);
  return gathered.take();
}

const DIGEST = /_[0-9a-f]{16}\.log$/;

describe("objects", () => {
  it("are of one account, one region and one hour each, and say which entries are in them", () => {
    const objects = objectsOf([
      message(3),
      message(4, { region: "global", eventTime: "2026-11-21T09:31:08.000Z" }),
      message(7, { eventTime: "2026-11-21T09:59:59.999Z" }),
      message(9, { eventTime: "2026-11-21T10:00:00.000Z" }),
      message(10, { account: "operator", region: "global" }),
    ]);
    expect(objects.map(({ name }) => name.replace(DIGEST, ""))).toEqual([
      "acc/eu-de/2026-11-21T09/2026-11-21T09:31:07.123Z_3-7",
      "acc/global/2026-11-21T09/2026-11-21T09:31:08.000Z_4-4",
      "acc/eu-de/2026-11-21T10/2026-11-21T10:00:00.000Z_9-9",
      "operator/global/2026-11-21T09/2026-11-21T09:31:07.123Z_10-10",
    ]);
    expect(objects.every(({ name }) => DIGEST.test(name))).toBe(true);
  });

  it("hold the lines, and nothing of what says where they go", () => {
    const [object] = objectsOf([message(3), message(4)]);
    const lines = Buffer.from(object?.content ?? [])
      .toString("utf8")
      .split("\n");
    expect(
      lines.map((line) => (line === "" ? line : parseEvent(Buffer.from(line)).region)),
    ).toEqual(["eu-de", "eu-de", ""]);
    const { folder, time } = placedLine(message(3).bytes);
    expect([folder, time]).toEqual(["acc/eu-de/2026-11-21T09", "2026-11-21T09:31:07.123Z"]);
  });

  it("have the same name when they are the same, and another one as soon as anything in them is", () => {
    const nameOf = (changes: object) => objectsOf([message(3), message(4, changes)])[0]?.name;
    expect(nameOf({})).toBe(nameOf({}));
    expect(nameOf({ message: "else" })).not.toBe(nameOf({}));
  });
});
