/** Replicas in other regions: lines of Secrets Manager's table. */
import type { AwsLine } from "../service.ts";

export const replicaLines: readonly AwsLine[] = [];
