/** Shapes that IBM's answers share: dates, fields that may be missing, rotation policies. */
import { toRfc3339, type Millis } from "../../../kernel/clock.ts";
import type { RotationPolicy } from "../../../secrets/rotation.ts";

/** RFC 3339 in UTC; whole seconds without a fraction, so that a date a client set comes back as it was written. */
export function date(millis: Millis): string {
  return toRfc3339(millis).replace(".000Z", "Z");
}

/** A field that is left out where there is nothing, as IBM's answers do it. */
export function present<Name extends string, Value, Shown = Value>(
  name: Name,
  value: Value | null,
  show?: (value: Value) => Shown,
): { readonly [N in Name]?: Value | Shown } {
  if (value === null) return {};
  return { [name]: show ? show(value) : value } as { readonly [N in Name]?: Value | Shown };
}

export function rotationBody(policy: RotationPolicy): object {
  if (!policy.autoRotate) return { auto_rotate: false };
  return { auto_rotate: true, interval: policy.interval, unit: policy.unit };
}
