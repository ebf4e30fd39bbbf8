/** The parts that bodies share: objects of the caller's own, rotation policies, password policies. */
import { z } from "zod";
import { Refusal } from "../../../kernel/errors.ts";
import { DEFAULT_PASSWORD_POLICY, type PasswordPolicy } from "../../../secrets/password.ts";
import {
  ROTATION_UNITS,
  type RenewalPolicy,
  type RotationPolicy,
} from "../../../secrets/rotation.ts";

export const jsonObject = z.record(z.string(), z.unknown());

export const rotation = z.strictObject({
  auto_rotate: z.boolean(),
  interval: z.int().optional(),
  unit: z.enum(ROTATION_UNITS).optional(),
});

/** Of public certificates, which say themselves when they end. */
export const renewal = z.strictObject({
  auto_rotate: z.boolean(),
  rotate_keys: z.boolean().optional(),
});

/** Of a secret whose type the wire does not say: either. */
export const rotationOrRenewal = rotation.extend({ rotate_keys: z.boolean().optional() });

export const passwordPolicy = z.strictObject({
  length: z.int().optional(),
  include_digits: z.boolean().optional(),
  include_symbols: z.boolean().optional(),
  include_uppercase: z.boolean().optional(),
});

export function rotationOf(given: z.infer<typeof rotation>): RotationPolicy {
  const { auto_rotate: autoRotate, interval, unit } = given;
  if (!autoRotate) return { autoRotate };
  if (interval === undefined || unit === undefined) {
    throw new Refusal("invalid_request", "A rotation on time needs an interval and a unit.", {
      field: "rotation",
    });
  }
  return { autoRotate, interval, unit };
}

export function renewalOf(given: z.infer<typeof renewal>): RenewalPolicy {
  return { autoRotate: given.auto_rotate, rotateKeys: given.rotate_keys };
}

/** What is said without a length of time, or of keys, is said of a public certificate. */
export function rotationOrRenewalOf(given: z.infer<typeof rotationOrRenewal>): {
  readonly rotation?: RotationPolicy;
  readonly renewal?: RenewalPolicy;
} {
  const { rotate_keys: keys, ...policy } = given;
  const isTimed = policy.interval !== undefined || policy.unit !== undefined;
  if (keys !== undefined && isTimed) {
    throw new Refusal(
      "invalid_request",
      "A rotation has an interval and a unit, or says of a public certificate whether its key is rotated.",
      { field: "rotation" },
    );
  }
  const isRenewal = keys !== undefined || (policy.auto_rotate && !isTimed);
  return isRenewal ? { renewal: renewalOf(given) } : { rotation: rotationOf(policy) };
}

export function passwordPolicyOf(given: z.infer<typeof passwordPolicy>): PasswordPolicy {
  const usual = DEFAULT_PASSWORD_POLICY;
  return {
    length: given.length ?? usual.length,
    includeDigits: given.include_digits ?? usual.includeDigits,
    includeSymbols: given.include_symbols ?? usual.includeSymbols,
    includeUppercase: given.include_uppercase ?? usual.includeUppercase,
  };
}

/** A length of time: seconds, or a number with one of Go's units that stand for them (`"43830h"`, `"90m"`, `"30s"`, `"2d"`). */
export const duration = z.union([z.string(), z.int()]);

const UNIT_SECONDS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/** Refuses what is no length of time, or none that ends: IBM's lengths are whole seconds from 1. */
export function secondsOf(given: z.infer<typeof duration>, field: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,12})([smhd]?)$/.exec(String(given)) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? 0);
  if (!Number.isSafeInteger(seconds) || seconds < 1) {
    throw new Refusal(
      "invalid_request",
      `The field ${field} is a length of time: whole seconds, or a number and one of s, m, h and d.`,
      { field },
    );
  }
  return seconds;
}
