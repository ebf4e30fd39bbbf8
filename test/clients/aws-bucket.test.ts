/**
 * The store that objects are tried against, and the objects in it, by AWS's own command line: it signs by its own code, so
 * that what this store takes is what AWS would.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, temporaryFolder } from "../e2e/running-server.ts";
import { ACCESS_KEY, BUCKET, BucketReceiver, REGION } from "../support/bucket-receiver.ts";
import { DeliveryRig } from "../support/delivery-rig.ts";
import { variedEvents } from "../support/varied-events.ts";
import { debian, environmentOf, run } from "./aws-wire.ts";

let folder: string;
let store: BucketReceiver;
beforeAll(async () => {
  folder = temporaryFolder();
  store = await BucketReceiver.start();
});
afterAll(async () => {
  await store.close();
  removeFolder(folder);
});

function aws(args: readonly string[], secretAccessKey = ACCESS_KEY.secret) {
  const url = `http://127.0.0.1:${store.port}`;
  return run(debian("aws"), ["--endpoint-url", url, "--region", REGION, "s3api", ...args], {
    ...environmentOf({ accessKeyId: ACCESS_KEY.id, secretAccessKey }),
    AWS_REQUEST_CHECKSUM_CALCULATION: "when_required",
    AWS_RESPONSE_CHECKSUM_VALIDATION: "when_required",
  });
}

const KEY = "trail/2026-11-21T09/2026-11-21T09:31:07.123Z_1-2 (x).log";

describe("the command line of AWS", () => {
  it("writes an object that the store takes for signed, and none with another secret", async () => {
    const file = join(folder, "object.log");
    writeFileSync(file, "one\ntwo\n");
    const put = ["put-object", "--bucket", BUCKET, "--key", KEY, "--body", file];
    const refused = await aws(put, "another-secret");
    expect([refused.code, refused.stderr]).toEqual([
      254,
      expect.stringContaining("SignatureDoesNotMatch"),
    ]);
    expect(store.objects.size).toBe(0);
    const taken = await aws(put);
    expect([taken.code, taken.stderr]).toEqual([0, ""]);
    expect(store.objects.get(KEY)?.toString("utf8")).toBe("one\ntwo\n");
  });

  it("reads what deliveries have written", async () => {
    const rig = new DeliveryRig();
    rig.record(variedEvents().slice(0, 10));
    const keys = { access_key_id: ACCESS_KEY.id, secret_access_key: ACCESS_KEY.secret };
    const settings = {
      kind: "bucket",
      endpoint: `http://127.0.0.1:${store.port}`,
      bucket: BUCKET,
      authorization: "sigv4",
      region: REGION,
      gather_seconds: 1,
    };
    await rig.deliverTo(settings, keys);
    await rig.delivered();
    await rig.close();
    const key = store.written.at(-1) ?? "";
    const file = join(folder, "read.log");
    const { code, stderr } = await aws(["get-object", "--bucket", BUCKET, "--key", key, file]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(readFileSync(file)).toEqual(store.objects.get(key));
  });
});
