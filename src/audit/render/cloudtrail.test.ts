import { describe, expect, it } from "vitest";
import { faultsOfCloudTrail } from "../../../test/support/cloudtrail-validator.ts";
import {
  failedLogin,
  initiators,
  sampleEvent,
  SECRET_ID,
} from "../../../test/support/sample-events.ts";
import { OPERATOR_ACCOUNT } from "../crn.ts";
import { ERROR_CODES } from "../../kernel/errors.ts";
import { accountNumber, secretArn } from "./cloudtrail-arn.ts";
import { renderCloudTrail } from "./cloudtrail.ts";

/** SHA-256 of `acct1`, modulo 10^12. */
const ACCOUNT = "942752269692";
const ARN = `arn:aws:secretsmanager:us-south:${ACCOUNT}:secret:db-prod-CTlbun`;

const reading = { operation: "secret.read", input: { id: SECRET_ID } } as const;
const read = () => renderCloudTrail(sampleEvent(reading));

describe("a CloudTrail record", () => {
  it("of a read by a user has AWS's members, in AWS's order, and no answer", () => {
    const record = read();
    expect(record).toMatchObject({
      eventVersion: "1.11",
      userIdentity: {
        type: "IAMUser",
        principalId: initiators.user.id,
        arn: `arn:aws:iam::${ACCOUNT}:user/ada@example.com`,
        accountId: ACCOUNT,
        userName: "ada@example.com",
      },
      eventTime: "2026-11-21T09:31:07Z",
      eventSource: "secretsmanager.amazonaws.com",
      eventName: "GetSecretValue",
      awsRegion: "us-south",
      sourceIPAddress: "10.1.2.3",
      userAgent: "curl/8.5.0",
      requestParameters: { secretId: SECRET_ID },
      responseElements: null,
      requestID: "req-1",
      readOnly: true,
      eventType: "AwsApiCall",
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: "Management",
    });
    expect(Object.keys(record).slice(0, 5)).toEqual([
      "eventVersion",
      "userIdentity",
      "eventTime",
      "eventSource",
      "eventName",
    ]);
    expect(record).not.toHaveProperty("tlsDetails");
    expect(record).not.toHaveProperty("errorCode");
  });

  it("of a read by name, or of a version by its alias, asks as AWS's clients do", () => {
    const byName = { operation: "secret.read", input: { name: "db-prod" } } as const;
    expect(renderCloudTrail(sampleEvent(byName))["requestParameters"]).toEqual({
      secretId: "db-prod",
    });
    const byAlias = {
      operation: "version.read",
      input: { id: SECRET_ID, alias: "previous" },
    } as const;
    expect(renderCloudTrail(sampleEvent(byAlias))["requestParameters"]).toEqual({
      secretId: SECRET_ID,
      versionStage: "AWSPREVIOUS",
    });
  });

  it("of a deletion names the secret by its ARN, and the day in AWS's words", () => {
    const input = { id: SECRET_ID, forceDelete: true };
    const event = sampleEvent({
      operation: "secret.delete",
      input,
      output: { versionsDestroyed: 1 },
    });
    expect(renderCloudTrail(event)).toMatchObject({
      eventName: "DeleteSecret",
      requestParameters: { secretId: SECRET_ID, forceDeleteWithoutRecovery: true },
      responseElements: { arn: ARN, name: "db-prod", deletionDate: "Nov 21, 2026 9:31:07 AM" },
      readOnly: false,
    });
  });

  it("of a refusal has AWS's error code, by the service, and no answer", () => {
    const denied = sampleEvent({ ...reading, refusal: "forbidden", sentence: "Not allowed." });
    expect(renderCloudTrail(denied)).toMatchObject({
      errorCode: "AccessDeniedException",
      errorMessage: "Not allowed.",
      responseElements: null,
    });
    const missing = { refusal: "not_found" } as const;
    expect(renderCloudTrail(sampleEvent({ ...reading, ...missing }))["errorCode"]).toBe(
      "ResourceNotFoundException",
    );
    expect(renderCloudTrail(sampleEvent({ operation: "user.read", ...missing }))["errorCode"]).toBe(
      "NoSuchEntity",
    );
  });

  it("of a refusal names the secret, though nothing else of the request is recorded", () => {
    const refused = sampleEvent({ ...reading, input: {}, refusal: "forbidden" });
    expect(renderCloudTrail(refused)["requestParameters"]).toEqual({ secretId: SECRET_ID });
    const unmade = sampleEvent({ operation: "secret.create", input: {}, refusal: "forbidden" });
    expect(renderCloudTrail(unmade)["requestParameters"]).toBeNull();
  });

  it("has an error code for every refusal that there is", () => {
    const codes = ERROR_CODES.map(
      (refusal) => renderCloudTrail(sampleEvent({ ...reading, refusal }))["errorCode"],
    );
    expect(codes).toEqual(ERROR_CODES.map(() => expect.stringMatching(/^[A-Z][A-Za-z]+$/)));
    expect(new Set(codes).size).toBeGreaterThan(8);
  });

  it("of a failed login is what the usual alarm on failed sign-ins looks for", () => {
    const record = renderCloudTrail(failedLogin("user-apikey.login"));
    expect(record).toMatchObject({
      userIdentity: { type: "Unknown" },
      eventSource: "signin.amazonaws.com",
      eventName: "ConsoleLogin",
      eventType: "AwsConsoleSignIn",
      awsRegion: "us-east-1",
      errorMessage: "Failed authentication",
      responseElements: { ConsoleLogin: "Failure" },
      additionalEventData: { keytrail: { reason: "The credential is not valid." } },
      recipientAccountId: "000000000000",
      readOnly: false,
    });
    expect(record).not.toHaveProperty("errorCode");
    expect(record).not.toHaveProperty("userAgent");
  });

  it("of an applied profile is an assumed role, in a session of whoever applies it", () => {
    const event = sampleEvent({ ...reading, initiator: initiators.profile });
    expect(renderCloudTrail(event)["userIdentity"]).toEqual({
      type: "AssumedRole",
      principalId: `${initiators.profile.id}:ada@example.com`,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deployers/ada@example.com`,
      accountId: ACCOUNT,
      sessionContext: {
        sessionIssuer: {
          type: "Role",
          principalId: initiators.profile.id,
          arn: `arn:aws:iam::${ACCOUNT}:role/deployers`,
          accountId: ACCOUNT,
          userName: "deployers",
        },
        sourceIdentity: initiators.user.id,
      },
    });
  });

  it("of a service ID is an IAM user under a path of its own", () => {
    const event = sampleEvent({ ...reading, initiator: initiators.serviceId });
    expect(renderCloudTrail(event)["userIdentity"]).toMatchObject({
      arn: `arn:aws:iam::${ACCOUNT}:user/service-id/build_bot`,
      userName: "build bot",
    });
  });

  it("of what the server does by itself is a service's event", () => {
    const initiator = initiators.internal;
    const event = sampleEvent({ operation: "secret.expire", initiator, dialect: "internal" });
    expect(renderCloudTrail(event)).toMatchObject({
      userIdentity: { accountId: ACCOUNT, invokedBy: "secretsmanager.amazonaws.com" },
      sourceIPAddress: "secretsmanager.amazonaws.com",
      userAgent: "secretsmanager.amazonaws.com",
      eventType: "AwsServiceEvent",
      requestParameters: null,
      responseElements: null,
      additionalEventData: { SecretId: ARN },
      readOnly: false,
    });
  });

  it("of a change in IAM names what it was made to by its name, as IAM does", () => {
    const joining = {
      operation: "access-group-member.add",
      input: { iam_id: "IBMid-BOB" },
    } as const;
    expect(renderCloudTrail(sampleEvent(joining))).toMatchObject({
      eventSource: "iam.amazonaws.com",
      eventName: "AddUserToGroup",
      requestParameters: { groupName: "auditors", iamId: "IBMid-BOB" },
    });
  });

  it("of a read keeps what CloudTrail leaves out of an answer, unless it is too long", () => {
    const exportOf = (counts: object) =>
      renderCloudTrail(sampleEvent({ operation: "event.export", output: { counts } }));
    expect(exportOf({ a: 1 })["additionalEventData"]).toMatchObject({
      keytrail: { response: { counts: { a: 1 } } },
    });
    const many = Object.fromEntries(
      Array.from({ length: 90 }, (_, index) => [`k${index}`, "x".repeat(400)]),
    );
    expect(exportOf(many)["additionalEventData"]).toMatchObject({
      keytrail: { response: { omitted: "too long for a CloudTrail record" } },
    });
    expect(faultsOfCloudTrail(exportOf(many))).toEqual([]);
  });

  it("cuts what CloudTrail cuts, through no character", () => {
    const event = sampleEvent({
      ...reading,
      refusal: "forbidden",
      sentence: `x${"é".repeat(900)}`,
    });
    const message = renderCloudTrail(event)["errorMessage"];
    expect(message).toBe(`x${"é".repeat(511)}`);
  });
});

describe("names in AWS's form", () => {
  it("give an account the same twelve digits everywhere, and the operator's those of nobody", () => {
    expect(accountNumber("acct1")).toBe(ACCOUNT);
    expect(accountNumber("acct2")).not.toBe(ACCOUNT);
    expect(accountNumber("123456789012")).toBe("123456789012");
    expect(accountNumber(OPERATOR_ACCOUNT)).toBe("000000000000");
  });

  it("give a secret that was made anew under the same name another ARN", () => {
    const place = { account: "acct1", region: "us-south" };
    const arn = secretArn(place, { id: SECRET_ID, name: "db-prod" });
    expect(arn).toBe(ARN);
    expect(secretArn(place, { id: "another", name: "db-prod" })).not.toBe(arn);
  });
});

describe("the reader of CloudTrail records", () => {
  const { eventVersion, ...rest } = read();
  const failed = renderCloudTrail(sampleEvent({ ...reading, refusal: "not_found" }));
  const signIn = renderCloudTrail(failedLogin("user-apikey.login"));
  const identity = read()["userIdentity"] as object;

  it.each([
    ["lacks a member", rest, "record: eventVersion is missing"],
    ["has one that AWS has not", { ...read(), actor: "x" }, "record: actor is unknown"],
    ["is out of order", { ...rest, eventVersion }, "record: members are out of order"],
    [
      "has fractions of a second",
      { ...read(), eventTime: "2026-11-21T09:31:07.412Z" },
      "record: eventTime is malformed",
    ],
    [
      "has an account of ours",
      { ...read(), recipientAccountId: "acct1" },
      "record: recipientAccountId is malformed",
    ],
    [
      "has an empty object",
      { ...read(), requestParameters: {} },
      "record: requestParameters is malformed",
    ],
    [
      "has an event id of another form",
      { ...read(), eventID: "1" },
      "record: eventID is malformed",
    ],
    [
      "has an unknown event type",
      { ...read(), eventType: "ApiCall" },
      "record: eventType is malformed",
    ],
    [
      "has too long a text",
      { ...read(), requestID: "x".repeat(1_025) },
      "record: requestID is malformed",
    ],
    [
      "answers to a read",
      { ...read(), responseElements: { a: 1 } },
      "record: a read with responseElements",
    ],
    [
      "has a code without a message",
      { ...read(), errorCode: "Oh" },
      "record: an errorCode without an errorMessage",
    ],
    [
      "answers in failing",
      { ...failed, readOnly: false, responseElements: { a: 1 } },
      "record: a failure with responseElements",
    ],
    [
      "signs in elsewhere",
      { ...signIn, eventSource: "iam.amazonaws.com" },
      "record: a sign-in from another source",
    ],
    [
      "signs in by another name",
      { ...signIn, eventName: "Login" },
      "record: a sign-in of another name",
    ],
    [
      "signs in by a call",
      { ...signIn, eventType: "AwsApiCall" },
      "record: a sign-in by an API call",
    ],
    [
      "fails and succeeds",
      { ...signIn, responseElements: { ConsoleLogin: "Success" } },
      "record: a sign-in at odds with its result",
    ],
    [
      "is a user's and a service's",
      { ...read(), eventType: "AwsServiceEvent" },
      "record: a service's event by another than a service",
    ],
    [
      "is a service's with a request",
      {
        ...read(),
        eventType: "AwsServiceEvent",
        userIdentity: { accountId: ACCOUNT, invokedBy: "secretsmanager.amazonaws.com" },
      },
      "record: a service's event with a request",
    ],
    ["is of two categories", { ...read(), managementEvent: false }, "record: two categories"],
    [
      "is by nobody known",
      { ...read(), userIdentity: { type: "Ghost" } },
      "userIdentity: type is malformed",
    ],
    [
      "has a name for an ARN",
      { ...read(), userIdentity: { ...identity, arn: "ada" } },
      "userIdentity: arn is malformed",
    ],
    [
      "has a role without a session",
      { ...read(), userIdentity: { type: "AssumedRole", principalId: "r:s" } },
      "userIdentity: sessionContext is missing",
    ],
    [
      "has a session without a role",
      { ...read(), userIdentity: { type: "AssumedRole", principalId: "r:s", sessionContext: {} } },
      "sessionContext: sessionIssuer is missing",
    ],
  ])("refuses one that %s", (_, record, fault) => {
    expect(faultsOfCloudTrail(record)).toContain(fault);
  });
});
