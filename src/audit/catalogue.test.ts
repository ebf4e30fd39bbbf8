import { describe, expect, it } from "vitest";
import { catalogue, operationNames, serviceOf } from "./catalogue.ts";
import { describe as describeEvent } from "./describe.ts";
import { encodeEvent, MAX_LINE_BYTES, parseEvent, type EventDraft } from "./event.ts";
import { TimeOrderedIds } from "../kernel/ids.ts";
import { ManualClock } from "../kernel/clock.ts";

/** Words whose values are secret wherever they stand (IBM: "never" fields), in either spelling. */
const NEVER =
  /^(payload|password|data|api_?key|credentials|private_?key|certificate|token|secret|csr|value)$/i;

describe("every row of the catalogue", () => {
  it.each(operationNames)("%s has well-formed names in each vocabulary", (name) => {
    const row = catalogue[name];
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+$/);
    expect(row.action).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\.[a-z]+$/);
    expect(row.aws).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(row.dsv[0]).toMatch(/^[a-z]+(-[a-z]+)*(:{1,2}[a-zA-Z{},-]+)*$/);
    expect(["GET", "POST", "PUT", "DELETE"]).toContain(row.dsv[1]);
    expect(serviceOf(row.action)).not.toBe("");
  });

  it.each(operationNames)("%s allows no field whose value is a secret", (name) => {
    const { request, response } = catalogue[name];
    expect([...request, ...response].filter((field) => NEVER.test(field))).toEqual([]);
  });

  /** IBM reports a passcode that its command line logs in with as a refresh token's login: decision 0010. */
  it("has an IBM action of its own, but for the passcode of the command line", () => {
    const names = operationNames.filter((name) => name !== "cli-passcode.login");
    expect(new Set(names.map((name) => catalogue[name].action)).size).toBe(names.length);
    expect(catalogue["cli-passcode.login"].action).toBe(catalogue["refreshtoken.login"].action);
  });
});

describe("an event", () => {
  const happening = {
    id: new TimeOrderedIds(new ManualClock(Date.UTC(2026, 10, 21))).next(),
    at: Date.UTC(2026, 10, 21, 9, 31, 7, 412),
    operation: "secret.metadata.update" as const,
    initiator: {
      id: "IBMid-1",
      name: "ada@example.com",
      typeURI: "service/security/account/user" as const,
      credential: { type: "token" as const },
      host: { address: "10.1.2.3", addressType: "IPv4" as const, agent: "curl" },
    },
    target: {
      place: { account: "acct", region: "us-south", instance: "inst" },
      kind: "secret",
      id: "5",
      name: "db-prod",
    },
    input: { id: "5", changes: ["name"], payload: "hunter2" },
    ending: { kind: "success" as const, output: { id: "5" } },
    dialect: "ibm" as const,
    requestId: "req",
    correlationId: "corr",
  };

  it("is named, typed and worded as IBM's profile has it", () => {
    expect(describeEvent(happening)).toMatchObject({
      eventTime: "2026-11-21T09:31:07.412Z",
      action: "secrets-manager.secret-metadata.update",
      outcome: "success",
      severity: "warning",
      message: "Secrets Manager: update secret-metadata db-prod",
      reason: { reasonCode: 200, reasonType: "OK" },
      target: {
        id: "crn:v1:bluemix:public:secrets-manager:us-south:a/acct:inst:secret:5",
        name: "db-prod",
        typeURI: "secrets-manager/secret/metadata",
      },
      requestData: { id: "5", changes: ["name"] },
      responseData: { id: "5" },
      logSourceCRN: "crn:v1:bluemix:public:secrets-manager:us-south:a/acct:inst::",
      dataEvent: false,
    });
  });

  it("of a refusal says so in outcome, severity, reason and message, and has no response", () => {
    const ending = { kind: "failure" as const, status: 403, sentence: "No." };
    expect(describeEvent({ ...happening, ending })).toMatchObject({
      outcome: "failure",
      severity: "critical",
      message: "Secrets Manager: update secret-metadata db-prod -failure",
      reason: { reasonCode: 403, reasonType: "Forbidden", reasonForFailure: "No." },
      responseData: {},
    });
  });

  it("never becomes a longer line than an entry of the log may be", () => {
    const long = Object.fromEntries(
      Array.from({ length: 90 }, (_, i) => [`k${i}`, "é".repeat(1_000)]),
    );
    const draft: EventDraft = { ...describeEvent(happening), requestData: long };
    const line = encodeEvent(draft, { target: 1, initiator: 1 });
    expect(line.length).toBeLessThanOrEqual(MAX_LINE_BYTES);
    expect(parseEvent(line).requestData).toEqual({ omitted: "too long for one entry of the log" });
  });
});
