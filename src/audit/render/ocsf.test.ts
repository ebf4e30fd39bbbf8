import { describe, expect, it } from "vitest";
import { faultsOfOcsf } from "../../../test/support/ocsf-validator.ts";
import {
  failedLogin,
  initiators,
  sampleEvent,
  SECRET_ID,
} from "../../../test/support/sample-events.ts";
import { renderOcsf } from "./ocsf.ts";

const account = { uid: "acct1", type_id: 99, type: "Keytrail Account" };
const ada = {
  uid: initiators.user.id,
  name: "ada@example.com",
  email_addr: "ada@example.com",
  type_id: 1,
  type: "User",
  account,
};

const read = () => renderOcsf(sampleEvent({ operation: "secret.read", input: { id: SECRET_ID } }));

describe("an OCSF event", () => {
  it("of a read secret is API Activity on that resource", () => {
    expect(read()).toMatchObject({
      activity_id: 2,
      activity_name: "Read",
      category_uid: 6,
      class_uid: 6003,
      type_uid: 600302,
      type_name: "API Activity: Read",
      severity_id: 1,
      status_id: 1,
      status_code: "200",
      time: Date.UTC(2026, 10, 21, 9, 31, 7, 412),
      metadata: {
        version: "1.8.0",
        profiles: ["cloud"],
        event_code: "secrets-manager.secret.read",
        original_time: "2026-11-21T09:31:07.412Z",
        tenant_uid: "acct1",
        correlation_uid: "corr-1",
      },
      actor: { user: ada },
      src_endpoint: { ip: "10.1.2.3" },
      api: {
        operation: "secret.read",
        service: { name: "secrets-manager" },
        request: { uid: "req-1", data: { id: SECRET_ID } },
        response: { code: 200, message: "OK" },
      },
      http_request: { user_agent: "curl/8.5.0" },
      http_response: { code: 200, status: "OK" },
      cloud: { provider: "Keytrail", account, region: "us-south" },
      resources: [{ name: "db-prod", type: "secrets-manager/secret", role_id: 1 }],
      unmapped: { event_name: "GetSecretValue", instance: "inst1", dialect: "ibm" },
    });
  });

  it("of a refusal is a failure, with its reason", () => {
    const refused = sampleEvent({
      operation: "secret.delete",
      refusal: "forbidden",
      sentence: "No.",
    });
    expect(renderOcsf(refused)).toMatchObject({
      type_uid: 600304,
      severity: "Critical",
      status_id: 2,
      status: "Failure",
      status_code: "403",
      status_detail: "No.",
      api: { response: { code: 403, error: "Forbidden", error_message: "No." } },
    });
  });

  it("of a login is Authentication of whoever logs in, and of a failed one of nobody", () => {
    const login = sampleEvent({ operation: "passcode.login", output: { session: "s-1" } });
    expect(renderOcsf(login)).toMatchObject({
      type_uid: 300201,
      user: ada,
      service: { name: "iam-identity" },
      session: { uid: "s-1" },
      is_remote: true,
    });
    expect(renderOcsf(failedLogin("passcode.login"))).toMatchObject({
      type_uid: 300201,
      status_id: 2,
      user: { type_id: 0, type: "Unknown", account: { uid: "operator" } },
      src_endpoint: { ip: "198.51.100.7" },
    });
    expect(renderOcsf(sampleEvent({ operation: "session.logout" }))["type_uid"]).toBe(300202);
  });

  it("calls a service ID by the same id wherever it stands", () => {
    const { serviceId } = initiators;
    const target = {
      kind: "serviceid",
      id: serviceId.id.replace("iam-", ""),
      name: serviceId.name,
    };
    const login = sampleEvent({
      operation: "serviceid-apikey.login",
      initiator: serviceId,
      target,
    });
    const { user, actor } = renderOcsf(login);
    expect(user).toMatchObject({ uid: serviceId.id, type: "Service" });
    expect(actor).toEqual({ user });
    const removed = sampleEvent({ operation: "serviceid.delete", target });
    expect(renderOcsf(removed)["user"]).toEqual(user);
  });

  it("of a lock-out is an Account Change of that user, by the server", () => {
    const initiator = initiators.internal;
    const event = renderOcsf(sampleEvent({ operation: "user.lock-out", initiator }));
    expect(event).toMatchObject({
      type_uid: 300109,
      activity_name: "Lock",
      user: { uid: "IBMid-BOB", name: "bob@example.com" },
      actor: { app_name: "Keytrail", app_uid: "keytrail-expiry" },
      src_endpoint: { svc_name: "Keytrail" },
    });
    expect(event).not.toHaveProperty("http_response");
    expect(event).not.toHaveProperty("observables");
  });

  it("of a policy gives an identity its privileges, and a group the group's", () => {
    const policyFor = (subject: string) =>
      renderOcsf(
        sampleEvent({
          operation: "policy.create",
          input: { subject, roles: ["Reader", "Writer"] },
        }),
      );
    expect(policyFor("iam-ServiceId-1")).toMatchObject({
      type_uid: 300501,
      user: { uid: "iam-ServiceId-1", type: "Service" },
      privileges: ["Reader", "Writer"],
    });
    expect(policyFor("AccessGroupId-1")).toMatchObject({
      type_uid: 300601,
      group: { uid: "AccessGroupId-1" },
      privileges: ["Reader", "Writer"],
    });
  });

  it("of a member added is Group Management of both", () => {
    const input = { iam_id: "IBMid-BOB" };
    expect(renderOcsf(sampleEvent({ operation: "access-group-member.add", input }))).toMatchObject({
      type_uid: 300603,
      group: { uid: "AccessGroupId-9b8c", name: "auditors" },
      user: { uid: "IBMid-BOB", type: "User" },
    });
  });

  it("of a change without an activity of its own says what it was", () => {
    expect(renderOcsf(sampleEvent({ operation: "user.update" }))).toMatchObject({
      type_uid: 300199,
      activity_name: "Update",
      type_name: "Account Change: Other",
    });
  });

  it("of what else is kept in IAM is Entity Management", () => {
    expect(renderOcsf(sampleEvent({ operation: "user-apikey.create" }))).toMatchObject({
      type_uid: 300401,
      entity: {
        uid: "ApiKey-3f5ac979",
        name: "ci key",
        type_id: 99,
        type: "iam-identity/user/apikey",
      },
    });
    expect(renderOcsf(sampleEvent({ operation: "policy.update" }))).toMatchObject({
      type_uid: 300403,
      entity: { type_id: 5, type: "Policy", policy: { uid: expect.any(String) } },
    });
  });

  it("of a start is the application's", () => {
    const event = sampleEvent({ operation: "server.start", initiator: initiators.internal });
    expect(renderOcsf(event)).toMatchObject({ type_uid: 600203, app: { name: "Keytrail" } });
  });

  it("of an applied profile says whose hands it was in", () => {
    const event = sampleEvent({ operation: "secret.read", initiator: initiators.profile });
    expect(renderOcsf(event)).toMatchObject({
      actor: { user: { uid: initiators.profile.id, type_id: 99, type: "Trusted Profile" } },
      unmapped: { authn_id: initiators.user.id, authn_name: "ada@example.com" },
    });
  });

  it("of an outcome still to come has it as its status", () => {
    const event = { ...sampleEvent({ operation: "secret.read" }), outcome: "pending" as const };
    expect(renderOcsf(event)).toMatchObject({ status_id: 99, status: "Pending" });
    expect(faultsOfOcsf(renderOcsf(event))).toEqual([]);
  });
});

describe("the reader of OCSF events", () => {
  const { severity_id: _, ...unweighed } = read();
  const login = renderOcsf(sampleEvent({ operation: "passcode.login" }));
  const { service: __, ...nowhere } = login;
  const added = renderOcsf(sampleEvent({ operation: "policy.create" }));
  const { privileges: ___, ...withoutPrivileges } = added;

  it.each([
    ["is of no class of ours", { ...read(), class_uid: 1001 }, "class_uid is no class of ours"],
    ["lacks what is required", unweighed, "severity_id is missing"],
    ["lacks what its class requires", withoutPrivileges, "privileges is missing"],
    ["lacks all of a choice", nowhere, "event has none of service,dst_endpoint"],
    [
      "has an attribute of another class",
      { ...read(), group: { uid: "g" } },
      "group is no attribute of it",
    ],
    [
      "has an unknown attribute within",
      { ...read(), cloud: { provider: "K", zoo: "x" } },
      "cloud.zoo is no attribute of it",
    ],
    ["has a text for a time", { ...read(), time: "2026-11-21T09:31:07Z" }, "time is no integer"],
    ["has a number for a code", { ...read(), status_code: 200 }, "status_code is no string"],
    [
      "has a name for an address",
      { ...read(), src_endpoint: { ip: "localhost" } },
      "src_endpoint.ip is no ip",
    ],
    [
      "has an endpoint of nothing",
      { ...read(), src_endpoint: {} },
      "src_endpoint.has none of ip,uid,name,hostname,svc_name",
    ],
    ["has one resource for many", { ...read(), resources: { uid: "x" } }, "resources is no array"],
    [
      "has a resource of nothing",
      { ...read(), resources: [{ type: "x" }] },
      "resources[0].has none of name,uid",
    ],
    ["weighs off the list", { ...read(), severity_id: 7 }, "severity_id is not on its list"],
    [
      "is of a schema to come",
      { ...read(), metadata: { version: "9.0.0", product: { name: "K" } } },
      "metadata.version is not on its list",
    ],
    [
      "does what its class does not",
      { ...read(), activity_id: 9, type_uid: 600309 },
      "activity_id is none of its class",
    ],
    ["is of another category", { ...read(), category_uid: 3 }, "category_uid does not follow"],
    ["adds up wrongly", { ...read(), type_uid: 600301 }, "type_uid does not follow"],
    [
      "calls its activity another",
      { ...read(), activity_name: "Peek" },
      "activity_name does not follow",
    ],
  ])("refuses one that %s", (_name, event, fault) => {
    expect(faultsOfOcsf(event)).toContain(fault);
  });
});
