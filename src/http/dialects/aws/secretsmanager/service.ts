/** AWS Secrets Manager: its actions by what they are about, one file for each group. */
import type { AwsService } from "../service.ts";
import { policyLines } from "./policies.ts";
import { replicaLines } from "./replicas.ts";
import { rotationLines } from "./rotation.ts";
import { lifeLines } from "./life.ts";
import { valueLines } from "./values.ts";

export const secretsManager: AwsService = {
  name: "secretsmanager",
  target: "secretsmanager",
  shape: "secretsmanager",
  query: null,
  lines: [...valueLines, ...lifeLines, ...policyLines, ...replicaLines, ...rotationLines],
};
