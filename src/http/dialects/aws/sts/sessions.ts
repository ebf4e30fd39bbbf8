/** Credentials for a while: AssumeRole, GetSessionToken, GetFederationToken. */
import {
  assumeRole,
  type AssumedRole,
  type AssumeRoleInput,
  type RoleSelector,
} from "../../../../app/identity/assume-role.ts";
import {
  getFederationToken,
  type FederatedSession,
  type FederationTokenInput,
} from "../../../../app/identity/federation-token.ts";
import {
  getSessionToken,
  type GetSessionTokenInput,
} from "../../../../app/identity/get-session-token.ts";
import {
  MAX_USER_SESSION_S,
  MIN_KEY_SESSION_S,
  type KeySession,
} from "../../../../app/identity/key-sessions.ts";
import type { ShownCode } from "../../../../app/identity/shown-code.ts";
import { MAX_SESSION_POLICY_CHARS } from "../../../../identity/statements/document.ts";
import { MAX_PROFILE_SESSION_S } from "../../../../identity/trusted-profile.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { Members, TextBounds } from "../members.ts";
import { line, type AwsLine } from "../service.ts";
import { Timestamp, type WireObject } from "../wire-values.ts";

export const MAX_TAGS = 50;
const NAME = /^[\w+=,.@-]*$/;
const SESSION_NAME: TextBounds = { min: 2, max: 64, pattern: NAME };
const FEDERATED_NAME: TextBounds = { min: 2, max: 32, pattern: NAME };
const EXTERNAL_ID: TextBounds = { min: 2, max: 1_224, pattern: /^[\w+=,.@:/-]*$/ };
const POLICY: TextBounds = { min: 1, max: MAX_SESSION_POLICY_CHARS };
const TAG_KEY: TextBounds = { min: 1, max: 128, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u };
const TAG_VALUE: TextBounds = { max: 256, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u };
const ROLE_ARN =
  /^arn:aws(?:-[a-z-]{1,16})?:iam::(\d{12}):role\/(?:[!-.0-~]{1,510}\/)*([\w+=,.@-]{1,255})$/;
const MAX_ARN_CHARS = 2_048;

export const sessionLines: readonly AwsLine[] = [
  line("AssumeRole", assumeRole, [decodeAssumeRole, encodeAssumedRole]),
  line("GetSessionToken", getSessionToken, [decodeSessionToken, encodeSession]),
  line("GetFederationToken", getFederationToken, [decodeFederationToken, encodeFederated]),
];

function decodeAssumeRole(members: Members): AssumeRoleInput {
  const roleArn = members.text("RoleArn", { min: 20, max: MAX_ARN_CHARS });
  const role = roleIn(roleArn);
  const input = {
    role,
    roleArn,
    roleSessionName: members.text("RoleSessionName", SESSION_NAME),
    durationSeconds: members.numberOrNothing("DurationSeconds", {
      min: MIN_KEY_SESSION_S,
      max: MAX_PROFILE_SESSION_S,
    }),
    policy: members.textOrNothing("Policy", POLICY),
    sourceIdentity: members.textOrNothing("SourceIdentity", SESSION_NAME),
    externalId: members.textOrNothing("ExternalId", EXTERNAL_ID),
    ...codeIn(members),
  };
  assertTags(members);
  members.textsOrNothing("TransitiveTagKeys", { max: MAX_TAGS, each: TAG_KEY });
  assertNoPolicyArns(members);
  return input;
}

function decodeSessionToken(members: Members): GetSessionTokenInput {
  return {
    durationSeconds: members.numberOrNothing("DurationSeconds", {
      min: MIN_KEY_SESSION_S,
      max: MAX_USER_SESSION_S,
    }),
    ...codeIn(members),
  };
}

function decodeFederationToken(members: Members): FederationTokenInput {
  const input = {
    name: members.text("Name", FEDERATED_NAME),
    policy: members.textOrNothing("Policy", POLICY),
    durationSeconds: members.numberOrNothing("DurationSeconds", {
      min: MIN_KEY_SESSION_S,
      max: MAX_USER_SESSION_S,
    }),
  };
  assertTags(members);
  assertNoPolicyArns(members);
  return input;
}

function roleIn(arn: string): RoleSelector {
  const [, accountNumber, name] = ROLE_ARN.exec(arn) ?? [];
  if (accountNumber === undefined || name === undefined) {
    throw new Refusal("invalid_request", "Request ARN is invalid");
  }
  return { accountNumber, name };
}

function codeIn(members: Members): ShownCode {
  const serialNumber = members.textOrNothing("SerialNumber", {
    min: 9,
    max: 256,
    pattern: /^[\w+=/:,.@-]*$/,
  });
  const code = members.secretOrNothing("TokenCode", { min: 6, max: 6 });
  return { serialNumber, tokenCode: code };
}

/** Tags of sessions are for conditions that nothing here has: read, and looked at no more. */
function assertTags(members: Members): void {
  members.itemsOrNothing(
    "Tags",
    (tag) => [tag.text("Key", TAG_KEY), tag.text("Value", TAG_VALUE)],
    { max: MAX_TAGS },
  );
}

/** To leave out a bound that was asked for would give more than was meant. */
function assertNoPolicyArns(members: Members): void {
  if (!members.has("PolicyArns")) return;
  const sentence = "Managed session policies (PolicyArns) are not served: give one in Policy.";
  throw new Refusal("invalid_request", sentence);
}

function encodeAssumedRole(output: AssumedRole): WireObject {
  const { assumedRoleId, arn } = output.assumedRoleUser;
  return {
    ...encodeSession(output),
    AssumedRoleUser: { AssumedRoleId: assumedRoleId, Arn: arn },
    SourceIdentity: output.sourceIdentity,
  };
}

function encodeFederated(output: FederatedSession): WireObject {
  const { federatedUserId, arn } = output.federatedUser;
  return {
    ...encodeSession(output),
    FederatedUser: { FederatedUserId: federatedUserId, Arn: arn },
  };
}

function encodeSession({ accessKeyId, secret, token, expiration }: KeySession): WireObject {
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secret.reveal(),
      SessionToken: token.reveal(),
      Expiration: new Timestamp(Date.parse(expiration)),
    },
  };
}
