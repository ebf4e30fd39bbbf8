/** When an access key was last used: the trail has it, since every request names the key that signed it. */
import { catalogue } from "../../audit/catalogue.ts";
import { awsSourceOf } from "../../audit/aws-names.ts";
import { parseEvent } from "../../audit/event.ts";
import { regionOf } from "../../audit/render/cloudtrail-arn.ts";
import type { ApiKey } from "../../identity/api-key.ts";
import type { Millis } from "../../kernel/clock.ts";
import { invariant } from "../../kernel/errors.ts";
import { resolveField } from "../../search/fields.ts";
import { all, type Plan } from "../../search/plan.ts";
import { readOperation } from "../operation.ts";
import { visiblePlan } from "../trail/visibility.ts";
import { keyTarget, noSuchKey } from "./api-key-events.ts";
import { callNameOf } from "./call-names.ts";
import { inAccount, placeOf } from "./find.ts";

export interface AccessKeyUse {
  readonly ownerName: string;
  /** Null of a key that no request has named. */
  readonly last: {
    readonly at: Millis;
    /** `secretsmanager` */
    readonly service: string;
    readonly region: string;
  } | null;
}

export const readAccessKeyUse = readOperation<
  { readonly accessKeyId: string },
  ApiKey,
  AccessKeyUse
>({
  name: "apikey.usage.read",
  async locate({ accessKeyId }, { store, call }) {
    const key = await store.identity.apiKeyOfAccessKey(call.place.account, accessKeyId);
    if (!key) throw noSuchKey();
    return inAccount("apikey.usage.read", call, {
      target: keyTarget(key),
      subject: key,
      owner: key.iamId,
    });
  },
  async run({ accessKeyId }, { subject: key }, context) {
    const { store, call, capabilities } = context;
    const { account } = placeOf(call);
    const owner = await store.identity.principal(account, key.iamId);
    invariant(owner !== undefined && owner.kind !== "profile", "a key is somebody's");
    await capabilities.trail.caughtUp();
    const plan = all([visiblePlan([{ account }]), signedWith(accessKeyId)]);
    const { entries } = await capabilities.trail.search({ plan }, { order: "newest", limit: 1 });
    const [newest] = entries.map(({ line }) => parseEvent(line));
    const ownerName = await callNameOf(owner, store);
    if (!newest) return { ownerName, last: null };
    const [service = ""] = awsSourceOf(catalogue[newest.operation]).split(".");
    return {
      ownerName,
      last: { at: Date.parse(newest.eventTime), service, region: regionOf(newest.region) },
    };
  },
});

const KEY_ID = "initiator.access.keyId";

function signedWith(accessKeyId: string): Plan {
  const test = { kind: "equals", text: accessKeyId, exactCase: true } as const;
  const field = resolveField(KEY_ID);
  return field.kind === "field"
    ? { kind: "text", field: field.field, test }
    : { kind: "path-text", path: KEY_ID, test };
}
