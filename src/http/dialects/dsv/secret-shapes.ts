/** Secrets as DSV's clients read them. The one place where this wire reveals a value. */
import { dataOf } from "../../../app/secrets/parts.ts";
import type { FullSecret } from "../../../app/secrets/full-secret.ts";
import type { Place } from "../../../audit/crn.ts";
import type { Payload } from "../../../secrets/payload.ts";
import { metadata } from "./metadata.ts";
import { withColons } from "./tails.ts";

/** What is in a home is called by whose home that is. */
export function pathOf({ name, place }: { readonly name: string; readonly place: Place }): string {
  const path = withColons(name);
  return place.home ? `${place.home.principal}:${path}` : path;
}

/** Without its value. */
export function described(secret: FullSecret, number: number = secret.currentVersion): object {
  const { id, createdAt, createdBy, changedAt, changedBy } = secret;
  return {
    // DSV's versions count from 0; what has no value yet is called by the first.
    ...metadata({
      id,
      version: Math.max(number - 1, 0),
      createdAt,
      createdBy,
      modifiedAt: changedAt,
      modifiedBy: changedBy,
    }),
    path: pathOf(secret),
    description: secret.description ?? "",
    attributes: secret.customMetadata ?? {},
  };
}

/** With the value, where there is one to be told. */
export function withData(secret: FullSecret, payload: Payload | null, number?: number): object {
  return { ...described(secret, number), ...(payload ? { data: dataOf(payload) } : {}) };
}
