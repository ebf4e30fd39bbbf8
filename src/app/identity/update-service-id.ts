/**
 * Changes of service IDs: their fields, locked and unlocked. One operation, as with IBM, whose events tell these apart
 * by what they record: `lock`, and the name before and after.
 */
import { assertEntityTag, newEntityTag } from "../../identity/entity-tag.ts";
import { checkedInstanceCrns, type ServiceId } from "../../identity/service-id.ts";
import { checkedDescription, checkedName } from "../../identity/text.ts";
import type { Millis } from "../../kernel/clock.ts";
import { changeOperation } from "../operation.ts";
import { inAccount, targetOf } from "./find.ts";
import { assertUnlocked } from "./removal.ts";
import { noSuchServiceId, serviceIdTarget } from "./service-ids.ts";

/** What is left out stays. */
export interface ServiceIdFields {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly uniqueInstanceCrns?: readonly string[] | undefined;
}

export type ServiceIdChange =
  | {
      readonly kind: "fields";
      readonly fields: ServiceIdFields;
      /** The entity tag that the service ID had when it was read, or `*`. */
      readonly ifMatch: string;
    }
  | { readonly kind: "lock" | "unlock" };

export interface UpdateServiceIdInput {
  readonly id: string;
  readonly change: ServiceIdChange;
}

interface Update {
  readonly before: ServiceId;
  readonly after: ServiceId;
}

/** A locked service ID can only be unlocked; it goes on logging in, and doing what it may. */
export const updateServiceId = changeOperation<UpdateServiceIdInput, Update, ServiceId>({
  name: "serviceid.update",
  async locate({ id, change }, { store, call, now }) {
    const before = await store.identity.serviceId(call.place.account, id);
    if (!before) throw noSuchServiceId();
    const after = changed(before, change, now);
    // Names only where fields were changed, so that an unlocking is not taken for a new description.
    const names =
      change.kind === "fields"
        ? { prev_instance_name: before.name, instance_name: after.name }
        : {};
    return {
      ...inAccount("serviceid.update", call, {
        target: serviceIdTarget(before),
        subject: { before, after },
        facts: { lock: after.locked, ...names },
      }),
      becomes: targetOf(call, serviceIdTarget(after)),
    };
  },
  async run({ change }, { subject: { before, after } }, { store }) {
    if (change.kind === "fields") {
      assertUnlocked(before, "service ID");
      assertEntityTag(before, change.ifMatch);
    }
    if (after !== before) await store.identity.putServiceId(after);
    return after;
  },
});

/** The service ID as it was where it is already as it shall be. Refuses values that none has. */
function changed(serviceId: ServiceId, change: ServiceIdChange, now: Millis): ServiceId {
  const modified = { ...serviceId, entityTag: newEntityTag(), modifiedAt: now };
  if (change.kind !== "fields") {
    const locked = change.kind === "lock";
    return serviceId.locked === locked ? serviceId : { ...modified, locked };
  }
  const { name, description, uniqueInstanceCrns } = change.fields;
  return {
    ...modified,
    ...(name === undefined ? {} : { name: checkedName(name) }),
    ...(description === undefined ? {} : { description: checkedDescription(description) }),
    ...(uniqueInstanceCrns === undefined
      ? {}
      : { uniqueInstanceCrns: checkedInstanceCrns(uniqueInstanceCrns) }),
  };
}
