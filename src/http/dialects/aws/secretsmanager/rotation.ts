/** Rotation by rotators: lines of Secrets Manager's table. */
import {
  beginRotation,
  type BeginRotationInput,
  type RotationOutput,
} from "../../../../app/secrets/begin-rotation.ts";
import { cancelRotation } from "../../../../app/secrets/cancel-rotation.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { MAX_EXPRESSION_CHARS } from "../../../../secrets/rotation-schedule.ts";
import type { RotationRules } from "../../../../secrets/rotator.ts";
import type { Members } from "../members.ts";
import { line, type AwsLine } from "../service.ts";
import type { WireObject } from "../wire-values.ts";
import { named } from "./encode-secret.ts";
import { requestTokenOrNothing } from "./request-token.ts";
import { secretIdIn } from "./secret-id.ts";

export const rotationLines: readonly AwsLine[] = [
  line("RotateSecret", beginRotation, [rotating, rotated]),
  line("CancelRotateSecret", cancelRotation, [secretIdIn, rotated]),
];

const MAX_ROTATOR_CHARS = 2_048;

function rotating(members: Members): BeginRotationInput {
  const called = secretIdIn(members);
  const token = requestTokenOrNothing(members);
  const rotationLambdaARN = members.textOrNothing("RotationLambdaARN", { max: MAX_ROTATOR_CHARS });
  const rotationRules = members.structureOrNothing("RotationRules", rulesIn);
  const rotateImmediately = members.flagOrNothing("RotateImmediately") ?? true;
  refuseExternal(members);
  if (token === undefined) {
    const sentence = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";
    throw new Refusal("invalid_request", sentence);
  }
  return {
    ...called,
    clientRequestToken: token,
    // An empty name is none.
    rotationLambdaARN: rotationLambdaARN || undefined,
    rotationRules,
    rotateImmediately,
  };
}

function rulesIn(members: Members): RotationRules {
  const days = members.numberOrNothing("AutomaticallyAfterDays", { min: 1, max: 1_000 });
  const duration = members.textOrNothing("Duration", { min: 2, max: 3, pattern: /^[0-9]+h$/ });
  const expression = members.textOrNothing("ScheduleExpression", {
    min: 1,
    max: MAX_EXPRESSION_CHARS,
    pattern: /^[0-9A-Za-z()#?*\-/, ]+$/,
  });
  return {
    ...(days === undefined ? {} : { automaticallyAfterDays: days }),
    ...(duration === undefined ? {} : { duration }),
    ...(expression === undefined ? {} : { scheduleExpression: expression }),
  };
}

/** AWS's arrangements with certain companies. */
function refuseExternal(members: Members): void {
  const isExternal = ["ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn"].some(
    (name) => members.has(name),
  );
  if (!isExternal) return;
  const sentence = "External secrets that AWS rotates with its partners are not rotated here.";
  throw new Refusal("invalid_request", sentence);
}

function rotated({ versionId, ...secret }: RotationOutput): WireObject {
  return { ...named(secret), VersionId: versionId };
}
