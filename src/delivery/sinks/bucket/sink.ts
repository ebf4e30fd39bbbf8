/** Events to objects in a bucket: lines of JSON, by account, region and hour. */
import { sink } from "../../sink.ts";
import { bucketAddress, bucketCredentials, bucketSettings } from "./config.ts";
import { bucketEncoder } from "./encode.ts";
import { MAX_GATHERED_BYTES } from "./objects.ts";
import { BucketLink } from "./send.ts";

export const bucketSink = sink("bucket", {
  schema: bucketSettings,
  address: bucketAddress,
  form: ({ form }) => form,
  credentials: bucketCredentials,
  limits: ({ gather_seconds: seconds }) => ({
    maxEvents: 2_000,
    maxBytes: MAX_GATHERED_BYTES,
    gatherMs: seconds * 1_000,
  }),
  encoder: bucketEncoder,
  open: (settings, ports) => new BucketLink(settings, ports),
});
