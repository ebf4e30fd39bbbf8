import { describe, expect, it } from "vitest";
import { cadfProblems } from "../../../test/support/cadf-validator.ts";
import {
  failedLogin,
  initiators,
  sampleEvent,
  SECRET_ID,
} from "../../../test/support/sample-events.ts";
import { renderCadf } from "./cadf.ts";

const STATUS_CODES = "https://www.iana.org/assignments/http-status-codes/http-status-codes.xhtml";
const contentType = "https://www.iana.org/assignments/media-types/application/json";

describe("an event in CADF", () => {
  it("says field by field what a reading was", () => {
    const event = sampleEvent({
      operation: "secret.read",
      input: { id: SECRET_ID },
      output: { id: SECRET_ID, versionId: "v1" },
    });
    expect(renderCadf(event)).toEqual({
      typeURI: "http://schemas.dmtf.org/cloud/audit/1.0/event",
      id: event.id,
      eventType: "activity",
      eventTime: "2026-11-21T09:31:07.412+00:00",
      action: "read",
      outcome: "success",
      reason: { reasonType: STATUS_CODES, reasonCode: "200" },
      severity: "normal",
      name: "Secrets Manager: read secret db-prod",
      initiator: {
        id: "IBMid-50KTRL9ADA0001",
        typeURI: "service/security/account/user",
        name: "ada@example.com",
        credential: { type: "token", token: "IBMid-50KTRL9ADA0001" },
        host: { address: "10.1.2.3", agent: "curl/8.5.0" },
      },
      target: {
        id: `crn:v1:bluemix:public:secrets-manager:us-south:a/acct1:inst1:secret:${SECRET_ID}`,
        typeURI: "data/security/keymanager/secret",
        name: "db-prod",
        domain: "acct1",
      },
      observer: {
        id: "crn:v1:bluemix:public:secrets-manager:us-south:a/acct1:inst1::",
        typeURI: "service/security",
        name: "ActivityTracker",
      },
      tags: [
        "//keytrail/operation?value=secret.read",
        "//keytrail/action?value=secrets-manager.secret.read",
        "//keytrail/correlationId?value=corr-1",
        "//keytrail/requestId?value=req-1",
        "//keytrail/dataEvent?value=true",
      ],
      attachments: [
        { name: "requestData", contentType, content: { id: SECRET_ID } },
        { name: "responseData", contentType, content: { id: SECRET_ID, versionId: "v1" } },
        {
          name: "context",
          contentType,
          content: {
            account: "acct1",
            region: "us-south",
            instance: "inst1",
            dialect: "ibm",
            counters: { target: 3, initiator: 7 },
          },
        },
      ],
    });
  });

  it("says of a refusal its status, and keeps its sentence as an attachment", () => {
    const sentence = "This needs one of the roles Manager here.";
    const rendered = renderCadf(
      sampleEvent({ operation: "secret.delete", input: {}, refusal: "forbidden", sentence }),
    );
    expect(rendered).toMatchObject({
      action: "delete",
      outcome: "failure",
      severity: "critical",
      name: "Secrets Manager: delete secret db-prod -failure",
      reason: { reasonType: STATUS_CODES, reasonCode: "403" },
    });
    expect(rendered["attachments"]).toContainEqual({
      name: "reason",
      contentType,
      content: { reasonType: "Forbidden", reasonForFailure: sentence },
    });
  });

  it("names as a login's token the API key that was brought, by its identifier", () => {
    const output = { apikeyId: "ApiKey-3f5ac979", session: "session-1" };
    expect(renderCadf(sampleEvent({ operation: "user-apikey.login", output }))).toMatchObject({
      action: "authenticate/login",
      initiator: { credential: { type: "token", token: "ApiKey-3f5ac979" } },
      target: { typeURI: "data/security/identity", name: "ada@example.com" },
    });
  });

  it("takes a key that a call has made for nobody's token", () => {
    const initiator = initiators.internal;
    const output = { apikeyId: "ApiKey-new" };
    expect(
      renderCadf(sampleEvent({ operation: "administrator.recover", initiator, output })),
    ).toMatchObject({
      action: "restore",
      initiator: { id: "keytrail-expiry", credential: { token: "keytrail-expiry" } },
    });
  });

  it("says unknown of whoever could not be established", () => {
    expect(renderCadf(failedLogin("user-apikey.login"))["initiator"]).toEqual({
      id: "unknown",
      typeURI: "unknown",
      credential: { type: "token", token: "unknown" },
      host: { address: "198.51.100.7" },
    });
    const initiator = initiators.anonymous;
    const refused = sampleEvent({
      operation: "secret.read",
      initiator,
      refusal: "unauthenticated",
    });
    expect(renderCadf(refused)["initiator"]).toEqual({
      id: "unknown",
      typeURI: "unknown",
      host: { address: "198.51.100.7" },
    });
  });

  it("names the credential's owner where a trusted profile acts", () => {
    const initiator = initiators.profile;
    expect(renderCadf(sampleEvent({ operation: "version.create", initiator }))).toMatchObject({
      action: "create",
      target: { typeURI: "data/security/keymanager/secret/version" },
      initiator: {
        id: initiator.id,
        typeURI: "service/security/account/profile",
        credential: {
          token: initiator.authnId,
          assertions: { authnId: initiator.authnId, authnName: initiator.authnName },
        },
      },
    });
  });

  it.each([
    ["root-key.rotate", "renew", "data/security/key"],
    ["user.lock-out", "disable", "data/security/account/user"],
    ["user.unlock", "enable", "data/security/account/user"],
    ["session.end", "revoke", "data/security/credential"],
    ["session.logout", "authenticate/logout", "data/security/identity"],
    ["secret.list", "read/list", "data/security/keymanager/secret"],
    ["version.data.delete", "delete", "data/security/keymanager/secret/version/data"],
    ["access-group-member.add", "create", "data/security/group/member"],
    ["secret.action", "update", "data/security/keymanager/secret"],
    ["request.reject", "deny", "service/security"],
  ] as const)("calls %s `%s` of `%s`", (operation, action, typeURI) => {
    const rendered = renderCadf(sampleEvent({ operation }));
    expect(rendered).toMatchObject({ action, target: { typeURI } });
  });

  it("escapes what a URI may not hold, and what a cut has halved", () => {
    const event = sampleEvent({
      operation: "secret.read",
      target: { id: "a b#\ud83d" },
      correlationId: "x&y=\ud83d",
    });
    const rendered = renderCadf(event);
    expect(rendered["target"]).toMatchObject({
      id: "crn:v1:bluemix:public:secrets-manager:us-south:a/acct1:inst1:secret:a%20b%23%EF%BF%BD",
    });
    expect(rendered["tags"]).toContain("//keytrail/correlationId?value=x%26y%3D%EF%BF%BD");
  });
});

describe("the rules of CADF that events are held against", () => {
  const good = renderCadf(sampleEvent({ operation: "secret.read" })) as Record<string, unknown>;
  const initiator = good["initiator"] as object;
  const attachments = good["attachments"] as object[];
  const without = (key: string): object =>
    Object.fromEntries(Object.entries(good).filter(([one]) => one !== key));

  it.each([
    [
      "another version's type",
      { ...good, typeURI: "http://schemas.dmtf.org/cloud/audit/2.0/event" },
    ],
    ["no id", without("id")],
    ["an id that is no URI", { ...good, id: "an id" }],
    ["an id that seems to have a scheme", { ...good, id: "1:2" }],
    ["a type of event that is none", { ...good, eventType: "audit" }],
    ["a time in Z", { ...good, eventTime: "2026-11-21T09:31:07.412Z" }],
    ["a time as IBM has it", { ...good, eventTime: "2026-11-21T09:31:07.41+0000" }],
    ["an action as IBM has it", { ...good, action: "secrets-manager.secret.read" }],
    ["an action that only begins like one", { ...good, action: "reading" }],
    ["a child of an action that nobody declared", { ...good, action: "read/twice" }],
    ["an outcome that is none", { ...good, outcome: "denied" }],
    ["no initiator", without("initiator")],
    ["an initiator twice", { ...good, initiatorId: "IBMid-1" }],
    ["a target by nothing", without("target")],
    ["an observer with a name alone", { ...good, observer: { name: "ActivityTracker" } }],
    ["a resource of no type", { ...good, target: { id: "x" } }],
    ["a type of IBM's", { ...good, target: { id: "x", typeURI: "secrets-manager/secret" } }],
    ["a credential without a token", { ...good, initiator: { ...initiator, credential: {} } }],
    ["a host that is no address", { ...good, initiator: { ...initiator, host: { address: "?" } } }],
    [
      "IBM's type of address",
      { ...good, initiator: { ...initiator, host: { addressType: "IPv4" } } },
    ],
    ["a number for a code", { ...good, reason: { reasonType: STATUS_CODES, reasonCode: 200 } }],
    ["a phrase for a domain", { ...good, reason: { reasonType: "OK", reasonCode: "200" } }],
    ["a code without a domain", { ...good, reason: { reasonCode: "200" } }],
    ["a policy without an id", { ...good, reason: { policyType: "http://example.com/p" } }],
    ["control without a reason", { ...without("reason"), eventType: "control" }],
    ["monitoring without measurements", { ...good, eventType: "monitor" }],
    ["a tag of words", { ...good, tags: ["two words"] }],
    ["an attachment without content", { ...good, attachments: [{ contentType }] }],
    ["an attachment of no type", { ...good, attachments: [{ name: "a", content: {} }] }],
    ["a list that is none", { ...good, attachments: attachments[0] }],
    ["an attribute of IBM's", { ...good, saveServiceCopy: true }],
    ["an attribute of every object", { ...good, constructor: 1 }],
    ["a list", [good]],
  ])("refuse %s", (_what, document) => {
    expect(cadfProblems(good)).toEqual([]);
    expect(cadfProblems(document)).not.toEqual([]);
  });
});
