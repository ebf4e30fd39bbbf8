import { describe, expect, it } from "vitest";
import { hostNameOf, MAX_HOST_NAME_CHARS } from "./syslog-message.ts";

describe("what a header names as its host", () => {
  it("is the log's, as far as a header can say it", () => {
    expect(hostNameOf("audit.example.com/log")).toBe("audit.example.com");
    // After a colon receivers of the old form look for a tag.
    expect(hostNameOf("audit.example.com:8443/log")).toBe("audit.example.com-8443");
    expect(hostNameOf("/log")).toBe("-");
    expect(hostNameOf(`${"a".repeat(300)}/log`)).toHaveLength(MAX_HOST_NAME_CHARS);
  });
});
