/** Secrets and their values: lines of Secrets Manager's table. */
import type { AwsLine } from "../service.ts";

export const valueLines: readonly AwsLine[] = [];
