/** The lives of secrets: deleted and restored, tagged, listed: lines of Secrets Manager's table. */
import type { AwsLine } from "../service.ts";

export const lifeLines: readonly AwsLine[] = [];
