/** Several values at once: what each of them comes to by itself. The wire's side is tested with the wire. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Caller, Identity } from "../call.ts";
import { openTestApp, PLACE, type TestApp } from "../testing/test-app.ts";
import { batchRead } from "./batch-read.ts";
import { createSecret } from "./create-secret.ts";
import type { CalledSecret } from "./find.ts";
import { iamSecret, openMintingApp } from "./testing/minting.ts";
import { arbitrary } from "./testing/inputs.ts";

const AT = { account: PLACE.account, instance: PLACE.instance };

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

const called = (name: string): CalledSecret => ({
  secretId: name,
  called: [{ name, suffix: null }],
});
const batch = (...names: readonly string[]) => ({ secretIdList: names, meant: names.map(called) });

describe("a batch", () => {
  it("makes no credentials: a secret that does so is to be read by itself", async () => {
    const minting = await openMintingApp();
    const each = iamSecret("each", { accessGroups: [minting.group], reuseApiKey: false });
    await minting.app.done(createSecret, minting.manager, each);
    const read = await minting.app.done(batchRead, minting.manager, batch("each"));
    expect(read).toMatchObject({ values: [], returnedCount: 0, refusedCount: 1 });
    expect(read.refused[0]?.refusal.message).toContain("read it by itself");
    expect((await minting.minted()).keys).toEqual([]);
    await minting.app.close();
  });

  it("tells by filters which secrets there are to those only who may list them", async () => {
    await app.done(createSecret, manager, arbitrary("db"));
    const session = (...Action: readonly string[]): Identity => ({
      ...(manager as Identity),
      signedBy: { accessKeyId: "ASIATEST", kind: "federated", sessionName: "eve" },
      bounds: JSON.stringify({ Statement: { Effect: "Allow", Action, Resource: "*" } }),
    });
    const reads = session("secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue");
    expect(await app.done(batchRead, reads, batch("db"))).toMatchObject({ returnedCount: 1 });
    expect(await app.refused(batchRead, reads, { filters: [] })).toMatchObject({
      code: "forbidden",
      details: { permission: "secret.list", reason: "no-session-policy" },
    });
    const lists = session("secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets");
    expect(await app.done(batchRead, lists, { filters: [] })).toMatchObject({ refusedCount: 1 });
  });

  it("gives nothing out that the policy of a secret denies, and the rest all the same", async () => {
    for (const name of ["denied", "open"]) await app.done(createSecret, manager, arbitrary(name));
    const policy = {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Deny", Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*" },
      ],
    };
    await app.state.transact(async ({ secrets }) => {
      const [secret] = await secrets.secretsCalled(AT, "denied");
      if (!secret) throw new Error("it was made");
      await secrets.updateSecret({ ...secret, resourcePolicy: JSON.stringify(policy) });
    });
    const before = app.log.size;
    const read = await app.done(batchRead, manager, batch("denied", "open"));
    expect(read.values.map(({ name }) => name)).toEqual(["open"]);
    expect(read.refused).toMatchObject([{ secretId: "denied", refusal: { code: "forbidden" } }]);
    const events = app.events().slice(before);
    expect(
      events.map(({ operation, outcome, severity }) => [operation, outcome, severity]),
    ).toEqual([
      ["secret.batch-read", "success", "normal"],
      ["secret.read", "failure", "critical"],
      ["secret.read", "success", "normal"],
    ]);
  });
});
