import { describe, expect, it } from "vitest";
import { sampleEvent } from "../../test/support/sample-events.ts";
import { utf8 } from "../kernel/bytes.ts";
import { bodyOf, FORMS } from "./form.ts";

describe("what of an event is sent", () => {
  const event = sampleEvent({
    operation: "secret.read",
    target: { name: "half \ud800 of a pair" },
  });
  const line = JSON.stringify(event);

  it.each(FORMS.filter((form) => form !== "entry"))("has no half of a pair as %s", (form) => {
    const body = bodyOf({ index: 1, event, line: utf8(line) }, form);
    expect(body).toContain("half \ufffd of a pair");
    expect(body).not.toContain(String.raw`\ud800`);
  });

  it("is the log's line, to the last byte, as entry", () => {
    expect(bodyOf({ index: 1, event, line: utf8(line) }, "entry")).toBe(line);
    expect(line).toContain(String.raw`\ud800`);
  });
});
