/** Records of calls by AWS's wire, against what is known of AWS's own. */
import { describe, expect, it } from "vitest";
import { faultsOfCloudTrail } from "../../../test/support/cloudtrail-validator.ts";
import {
  initiators,
  sampleEvent,
  SECRET_ID,
  VERSION_ID,
  type Sample,
} from "../../../test/support/sample-events.ts";
import { MARKED_FOR_DELETION } from "../reason.ts";
import { arnSuffix } from "./cloudtrail-arn.ts";
import { renderCloudTrail } from "./cloudtrail.ts";

const ACCOUNT = "942752269692";
const ARN = `arn:aws:secretsmanager:us-south:${ACCOUNT}:secret:db-prod-${arnSuffix(SECRET_ID)}`;

const TOKEN = "6b4d2a50-4f3a-4c8e-9d35-61e8d6a5d6f1";

function recordOf(sample: Sample): Readonly<Record<string, unknown>> {
  const record = renderCloudTrail(
    sampleEvent({ dialect: "aws", initiator: initiators.keyUser, ...sample }),
  );
  expect(faultsOfCloudTrail({ ...record })).toEqual([]);
  return record;
}

const reading = {
  operation: "secret.read",
  input: { id: SECRET_ID, secretId: "db-prod", versionStage: "AWSCURRENT" },
  output: { id: SECRET_ID, versionId: VERSION_ID, versionStages: ["AWSCURRENT"] },
} as const satisfies Sample;

describe("a record of a call by AWS's wire", () => {
  it("has the members of AWS's record of GetSecretValue, in their order", () => {
    const record = recordOf(reading);
    expect(Object.keys(record)).toEqual([
      "eventVersion",
      "userIdentity",
      "eventTime",
      "eventSource",
      "eventName",
      "awsRegion",
      "sourceIPAddress",
      "userAgent",
      "requestParameters",
      "responseElements",
      "additionalEventData",
      "requestID",
      "eventID",
      "readOnly",
      "eventType",
      "managementEvent",
      "recipientAccountId",
      "eventCategory",
    ]);
    expect(JSON.stringify(record["userIdentity"])).toBe(
      JSON.stringify({
        type: "IAMUser",
        principalId: "IBMid-BOB",
        arn: `arn:aws:iam::${ACCOUNT}:user/bob`,
        accountId: ACCOUNT,
        accessKeyId: "ASIAIOSFODNN7EXAMPLE",
        userName: "bob",
        sessionContext: {
          attributes: { creationDate: "2026-11-21T09:00:00Z", mfaAuthenticated: "true" },
        },
      }),
    );
  });

  it("asks with AWS's members as they were sent, and keeps what they meant beside them", () => {
    expect(recordOf(reading)).toMatchObject({
      requestParameters: { secretId: "db-prod", versionStage: "AWSCURRENT" },
      responseElements: null,
      additionalEventData: {
        keytrail: {
          secretArn: ARN,
          versionId: VERSION_ID,
          request: { id: SECRET_ID },
          response: { versionId: VERSION_ID, versionStages: ["AWSCURRENT"] },
        },
      },
      readOnly: true,
    });
    expect(Object.keys(recordOf(reading)["requestParameters"] as object)).toEqual([
      "secretId",
      "versionStage",
    ]);
  });

  it("of a secret that was made has the name, the token and the tags, and answers with the ARN", () => {
    const record = recordOf({
      operation: "secret.create",
      input: {
        name: "db-prod",
        secretType: "arbitrary",
        clientRequestToken: TOKEN,
        tags: { team: "payments" },
        forceOverwriteReplicaSecret: false,
      },
      output: { id: SECRET_ID, versionId: TOKEN },
    });
    expect(record["requestParameters"]).toEqual({
      name: "db-prod",
      clientRequestToken: TOKEN,
      tags: [{ key: "team", value: "payments" }],
      forceOverwriteReplicaSecret: false,
    });
    expect(record["responseElements"]).toEqual({ arn: ARN });
  });

  it("of a deletion is that of AWS's guide, with the ARN under both its names", () => {
    const record = recordOf({
      operation: "secret.delete",
      input: { id: SECRET_ID, secretId: "db-prod", forceDelete: false, recoveryWindowInDays: 30 },
      output: { versionsDeleted: 0, deletionDate: "2026-12-21T17:51:02.412Z" },
    });
    expect(record["requestParameters"]).toEqual({ recoveryWindowInDays: 30, secretId: "db-prod" });
    expect(record["responseElements"]).toEqual({
      name: "db-prod",
      deletionDate: "Dec 21, 2026 5:51:02 PM",
      aRN: ARN,
      arn: ARN,
    });
  });

  it("of what was tried with a secret that waits to be deleted matches both of AWS's alarms", () => {
    const record = recordOf({
      ...reading,
      refusal: "precondition_failed",
      cause: "marked-for-deletion",
      sentence: MARKED_FOR_DELETION,
    });
    expect(record["errorCode"]).toBe("InvalidRequestException");
    expect(record["errorMessage"]).toMatch(/secret because it was deleted/);
    expect(record["errorMessage"]).toMatch(/secret because it was marked for deletion/);
    expect(record["responseElements"]).toBeNull();
  });

  it("of what AWS has words for says them, and else what the refusal says", () => {
    const missing = { refusal: "not_found", cause: "no-secret" } as const;
    expect(
      recordOf({ ...reading, ...missing, sentence: "There is no such secret." }),
    ).toMatchObject({
      errorCode: "ResourceNotFoundException",
      additionalEventData: { keytrail: { refusal: "not_found", cause: "no-secret" } },
    });
    const odd = { ...reading, refusal: "invalid_request", cause: "Not One of ours" } as const;
    expect(recordOf(odd)["additionalEventData"]).not.toHaveProperty("keytrail.cause");
  });

  it("of a call that was not signed, or cannot be read, is in a category of its own", () => {
    const category = (sample: Partial<Sample>) => {
      const { eventCategory, managementEvent } = recordOf({ ...reading, ...sample });
      return [eventCategory, managementEvent];
    };
    expect(category({})).toEqual(["Management", true]);
    expect(category({ refusal: "forbidden" })).toEqual(["Management", true]);
    expect(category({ refusal: "invalid_request", cause: "constraint" })).toEqual([
      "Management",
      true,
    ]);
    for (const sample of [
      { refusal: "unauthenticated", cause: "bad-signature" },
      { refusal: "invalid_request", cause: "unreadable-body" },
      { refusal: "unsupported_media_type" },
      { operation: "request.reject", refusal: "method_not_allowed" },
    ] as const) {
      expect(category(sample)).toEqual(["Rejected", false]);
    }
  });
});

describe("whoever called by AWS's wire", () => {
  const identityOf = (initiator: Sample["initiator"]) =>
    recordOf({ ...reading, ...(initiator ? { initiator } : {}) })["userIdentity"];

  it("is the root, where the account is theirs", () => {
    expect(identityOf(initiators.owner)).toEqual({
      type: "Root",
      principalId: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      accountId: ACCOUNT,
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    });
  });

  it("is a role in a session of a name, where they have assumed one", () => {
    expect(JSON.stringify(identityOf(initiators.roleSession))).toBe(
      JSON.stringify({
        type: "AssumedRole",
        principalId: `${initiators.roleSession.id}:release-42`,
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deployers/release-42`,
        accountId: ACCOUNT,
        accessKeyId: "ASIAIOSFODNN7ROLE234",
        sessionContext: {
          sessionIssuer: {
            type: "Role",
            principalId: initiators.roleSession.id,
            arn: `arn:aws:iam::${ACCOUNT}:role/deployers`,
            accountId: ACCOUNT,
            userName: "deployers",
          },
          attributes: { creationDate: "2026-11-21T09:00:00Z", mfaAuthenticated: "false" },
          sourceIdentity: "bob",
        },
      }),
    );
  });

  it("is whom a user vouches for, with the user as who issued the session", () => {
    expect(identityOf(initiators.federated)).toMatchObject({
      type: "FederatedUser",
      principalId: `${ACCOUNT}:guest`,
      arn: `arn:aws:sts::${ACCOUNT}:federated-user/guest`,
      sessionContext: { sessionIssuer: { type: "IAMUser", userName: "bob" } },
    });
  });
});

describe("a record of credentials", () => {
  it("shows whose they are and how long they last, and no token", () => {
    const record = recordOf({
      operation: "profile.login",
      target: { kind: "profile", id: "Profile-1", name: "deployers" },
      input: { roleArn: `arn:aws:iam::${ACCOUNT}:role/deployers`, roleSessionName: "release-42" },
      output: {
        session: "session-1",
        accessKeyId: "ASIAIOSFODNN7ROLE234",
        expiration: "2026-11-21T10:31:07.000Z",
      },
    });
    expect(record).toMatchObject({
      eventSource: "sts.amazonaws.com",
      eventName: "AssumeRole",
      requestParameters: {
        roleArn: `arn:aws:iam::${ACCOUNT}:role/deployers`,
        roleSessionName: "release-42",
      },
      readOnly: true,
    });
    expect(record["responseElements"]).toEqual({
      credentials: {
        accessKeyId: "ASIAIOSFODNN7ROLE234",
        expiration: "Nov 21, 2026, 10:31:07 AM",
      },
      assumedRoleUser: {
        assumedRoleId: "Profile-1:release-42",
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deployers/release-42`,
      },
    });
  });
});

describe("a record of what the service does", () => {
  const step = {
    initiator: initiators.internal,
    dialect: "internal",
    input: { id: SECRET_ID, versionId: VERSION_ID, step: "setSecret" },
    output: {},
  } as const;

  it("is AWS's of a rotation that succeeded, member by member", () => {
    const record = recordOf({ ...step, operation: "secret.rotation.succeed" });
    const { additionalEventData, eventID, ...rest } = record;
    expect(eventID).toMatch(/^[0-9a-f-]{36}$/);
    expect(additionalEventData).toMatchObject({ SecretId: ARN, VersionId: VERSION_ID });
    expect(rest).toEqual({
      eventVersion: "1.11",
      userIdentity: { accountId: ACCOUNT, invokedBy: "secretsmanager.amazonaws.com" },
      eventTime: "2026-11-21T09:31:07Z",
      eventSource: "secretsmanager.amazonaws.com",
      eventName: "RotationSucceeded",
      awsRegion: "us-south",
      sourceIPAddress: "secretsmanager.amazonaws.com",
      userAgent: "secretsmanager.amazonaws.com",
      requestParameters: null,
      responseElements: null,
      requestID: `Rotation-${ARN}-${VERSION_ID}`,
      readOnly: false,
      eventType: "AwsServiceEvent",
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: "Management",
    });
  });

  it("says in which step a rotation failed", () => {
    const failed = { ...step, operation: "secret.rotation.fail" } as const;
    expect(recordOf(failed)["errorMessage"]).toBe(
      "Error when executing lambda during setSecret step",
    );
    const rotationLambdaARN = `arn:aws:lambda:us-south:${ACCOUNT}:function:rotate`;
    const known = { ...failed, input: { ...step.input, rotationLambdaARN } };
    expect(recordOf(known)["errorMessage"]).toBe(
      `Error when executing lambda ${rotationLambdaARN} during setSecret step`,
    );
  });

  it("is the service's also where a call has led to it, and says beside it whose", () => {
    const record = recordOf({
      operation: "version.deletion.start",
      input: { id: SECRET_ID, versionId: VERSION_ID },
    });
    expect(record).toMatchObject({
      eventName: "StartSecretVersionDelete",
      eventType: "AwsServiceEvent",
      userIdentity: { invokedBy: "secretsmanager.amazonaws.com" },
      additionalEventData: {
        SecretId: ARN,
        VersionId: VERSION_ID,
        keytrail: { initiator: { id: "IBMid-BOB" } },
      },
    });
  });
});

describe("a record of what AWS tells apart by whom it is done to", () => {
  it("has the name that AWS has for it", () => {
    const nameOf = (subject: string) =>
      renderCloudTrail(sampleEvent({ operation: "policy.create", input: { subject } }))[
        "eventName"
      ];
    expect(nameOf("IBMid-BOB")).toBe("AttachUserPolicy");
    expect(nameOf("iam-Profile-5d0f2c3e")).toBe("AttachRolePolicy");
    expect(nameOf("AccessGroupId-9b8c")).toBe("AttachGroupPolicy");
  });
});
