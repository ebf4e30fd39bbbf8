import { describe, expect, it } from "vitest";
import { faultsOfEcs } from "../../../test/support/ecs-validator.ts";
import {
  failedLogin,
  initiators,
  sampleEvent,
  SECRET_ID,
} from "../../../test/support/sample-events.ts";
import { renderEcs } from "./ecs.ts";

const read = () => renderEcs(sampleEvent({ operation: "secret.read", input: { id: SECRET_ID } }));

describe("an event of the Elastic Common Schema", () => {
  it("of a read secret is an access by way of the API", () => {
    expect(read()).toMatchObject({
      "@timestamp": "2026-11-21T09:31:07.412Z",
      message: "Secrets Manager: read secret db-prod",
      ecs: { version: "8.17.0" },
      event: {
        kind: "event",
        category: ["api"],
        type: ["access"],
        action: "secret.read",
        code: "secrets-manager.secret.read",
        outcome: "success",
        severity: 21,
        provider: "keytrail",
        dataset: "keytrail.audit",
      },
      user: { id: initiators.user.id, name: "ada@example.com", email: "ada@example.com" },
      source: { address: "10.1.2.3", ip: "10.1.2.3" },
      user_agent: { original: "curl/8.5.0" },
      related: { user: [initiators.user.id, "ada@example.com"], ip: ["10.1.2.3"] },
      http: { request: { id: "req-1" }, response: { status_code: 200 } },
      service: { name: "secrets-manager" },
      organization: { id: "acct1" },
      cloud: { account: { id: "acct1" }, region: "us-south" },
      keytrail: { request: { id: SECRET_ID }, instance: "inst1", correlation_id: "corr-1" },
    });
  });

  it("of a refusal for want of a right is denied, as a call of the API", () => {
    const refused = (operation: "secret.read" | "user.delete") =>
      renderEcs(sampleEvent({ operation, refusal: "forbidden", sentence: "No." }))["event"];
    expect(refused("secret.read")).toMatchObject({
      category: ["api"],
      type: ["access", "denied"],
      outcome: "failure",
      reason: "No.",
      severity: 99,
    });
    expect(refused("user.delete")).toMatchObject({
      category: ["iam", "api"],
      type: ["deletion", "user", "denied"],
    });
    const missing = sampleEvent({ operation: "secret.read", refusal: "not_found" });
    expect(renderEcs(missing)["event"]).toMatchObject({ type: ["access"], outcome: "failure" });
  });

  it("of a login is authentication, of a failed one by nobody, and a logout ends the session", () => {
    const event = (rendered: Readonly<Record<string, unknown>>) => rendered["event"];
    const login = { category: ["authentication"], type: ["start"] };
    expect(event(renderEcs(sampleEvent({ operation: "passcode.login" })))).toMatchObject(login);
    const failed = renderEcs(failedLogin("passcode.login"));
    expect(event(failed)).toMatchObject({ ...login, outcome: "failure" });
    expect(failed).not.toHaveProperty("user");
    expect(failed).not.toHaveProperty("user_agent");
    expect(failed["related"]).toEqual({ ip: ["198.51.100.7"] });
    expect(event(renderEcs(sampleEvent({ operation: "session.logout" })))).toMatchObject({
      category: ["authentication", "session"],
      type: ["end"],
    });
  });

  it("of an applied profile has the person as the user, and the profile as the effective one", () => {
    const event = sampleEvent({ operation: "secret.read", initiator: initiators.profile });
    expect(renderEcs(event)).toMatchObject({
      user: {
        id: initiators.user.id,
        name: "ada@example.com",
        effective: { id: initiators.profile.id, name: "deployers" },
      },
      related: {
        user: [initiators.profile.id, "deployers", initiators.user.id, "ada@example.com"],
      },
    });
  });

  it("of a change of a user has it as the target, and of a group the group", () => {
    expect(renderEcs(sampleEvent({ operation: "user.update" }))).toMatchObject({
      event: { category: ["iam"], type: ["change", "user"] },
      user: { target: { id: "IBMid-BOB", name: "bob@example.com", email: "bob@example.com" } },
    });
    expect(renderEcs(sampleEvent({ operation: "access-group-member.add" }))).toMatchObject({
      event: { category: ["iam"], type: ["change", "group"] },
      group: { id: "AccessGroupId-9b8c", name: "auditors" },
    });
  });

  it("of a key made or taken away is a change of its owner, nobody being made or taken away", () => {
    for (const operation of ["user-apikey.create", "user-apikey.delete"] as const) {
      expect(renderEcs(sampleEvent({ operation }))["event"]).toMatchObject({
        category: ["iam"],
        type: ["change", "user"],
      });
    }
    expect(renderEcs(sampleEvent({ operation: "user.create" }))["event"]).toMatchObject({
      type: ["creation", "user"],
    });
  });

  it("of what people do to themselves has no other target", () => {
    const login = renderEcs(sampleEvent({ operation: "passcode.login" }));
    expect(login["user"]).not.toHaveProperty("target");
    const { serviceId } = initiators;
    const target = {
      kind: "serviceid",
      id: serviceId.id.replace("iam-", ""),
      name: serviceId.name,
    };
    const byKey = sampleEvent({
      operation: "serviceid-apikey.login",
      initiator: serviceId,
      target,
    });
    expect(renderEcs(byKey)["user"]).toEqual({ id: serviceId.id, name: serviceId.name });
    expect(renderEcs(sampleEvent({ operation: "serviceid.delete", target }))["user"]).toMatchObject(
      {
        target: { id: serviceId.id, name: serviceId.name },
      },
    );
  });

  it("of the server's own doings has no user, no source and no HTTP", () => {
    const event = renderEcs(
      sampleEvent({ operation: "server.start", initiator: initiators.internal }),
    );
    expect(event["event"]).toMatchObject({ category: ["process"], type: ["start"] });
    for (const name of ["user", "source", "http", "related"])
      expect(event).not.toHaveProperty(name);
  });

  it("of an outcome still to come does not know it", () => {
    const event = { ...sampleEvent({ operation: "secret.read" }), outcome: "pending" as const };
    expect(renderEcs(event)["event"]).toMatchObject({ outcome: "unknown" });
  });
});

describe("the reader of ECS events", () => {
  const event = read()["event"] as object;
  const { ecs: _, ...unversioned } = read();

  it.each([
    ["lacks its version", unversioned, "ecs.version is missing"],
    [
      "has a field that ECS has not",
      { ...read(), actor: { id: "x" } },
      "actor.id is no field of ECS",
    ],
    ["has an empty text", { ...read(), message: "" }, "message is malformed"],
    ["has an empty object", { ...read(), group: {} }, "group is no field of ECS"],
    [
      "has a time without a zone",
      { ...read(), "@timestamp": "2026-11-21T09:31:07" },
      "@timestamp is malformed",
    ],
    [
      "has a name for an address",
      { ...read(), source: { ip: "localhost" } },
      "source.ip is malformed",
    ],
    [
      "has a text for a number",
      { ...read(), event: { ...event, severity: "21" } },
      "event.severity is malformed",
    ],
    [
      "has one category for many",
      { ...read(), event: { ...event, category: "api" } },
      "event.category is malformed",
    ],
    [
      "has a category twice",
      { ...read(), event: { ...event, category: ["api", "api"] } },
      "event.category is malformed",
    ],
    [
      "has a category of its own",
      { ...read(), event: { ...event, category: ["secrets"] } },
      "event.category has no secrets",
    ],
    [
      "has a type that is not expected",
      { ...read(), event: { ...event, category: ["iam"] } },
      "event.type access is not expected of iam",
    ],
    [
      "has a category to no purpose",
      { ...read(), event: { ...event, category: ["api", "iam"] } },
      "event.category iam has no event.type of its own",
    ],
    [
      "has an outcome of its own",
      { ...read(), event: { ...event, outcome: "pending" } },
      "event.outcome is malformed",
    ],
    [
      "forgets a user",
      { ...read(), related: { ip: ["10.1.2.3"] } },
      "user.id is not among related.user",
    ],
    ["forgets an address", { ...read(), related: {} }, "source.ip is not among related.ip"],
  ])("refuses one that %s", (_name, rendered, fault) => {
    expect(faultsOfEcs(rendered)).toContain(fault);
  });
});
