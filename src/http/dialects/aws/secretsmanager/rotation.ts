/** Rotation by rotators: lines of Secrets Manager's table. */
import type { AwsLine } from "../service.ts";

export const rotationLines: readonly AwsLine[] = [];
