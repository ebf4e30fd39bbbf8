/** The answers about lives of secrets: what is deleted when, what there is, and what could not be read. */
import type { RefusedReading } from "../../../../app/secrets/batch-read.ts";
import type { ListedDescription } from "../../../../app/secrets/list-described.ts";
import type { ScheduleDeletionOutput } from "../../../../app/secrets/schedule-deletion.ts";
import { secretArn } from "../../../../audit/render/cloudtrail-arn.ts";
import { awsErrorOfRefusal } from "../errors.ts";
import { Timestamp, type WireObject } from "../wire-values.ts";
import { described, named, stagesByVersion } from "./encode-secret.ts";

export function deleted({ id, name, place, dueAt }: ScheduleDeletionOutput): WireObject {
  const which =
    id === null
      ? { ARN: withoutSuffix(secretArn(place, { id: "", name })), Name: name }
      : named({ id, name, place });
  return { ...which, DeletionDate: new Timestamp(dueAt) };
}

/** What was never there has no characters of its own. */
function withoutSuffix(arn: string): string {
  return arn.slice(0, arn.lastIndexOf("-"));
}

export function listed(one: ListedDescription): WireObject {
  return {
    ...described(one),
    PrimaryRegion: one.primaryRegion ?? undefined,
    SecretVersionsToStages: stagesByVersion(one.labelled),
  };
}

export function notRead({ secretId, refusal }: RefusedReading): WireObject {
  const { code, message } = awsErrorOfRefusal("secretsmanager", refusal);
  return { SecretId: secretId, ErrorCode: code, Message: message };
}
