/** Resource policies: lines of Secrets Manager's table. */
import type { AwsLine } from "../service.ts";

export const policyLines: readonly AwsLine[] = [];
