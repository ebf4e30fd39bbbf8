import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, openTestApp, PLACE, type TestApp } from "../testing/test-app.ts";
import { createNamedSecret } from "../secrets/create-named-secret.ts";
import { named } from "../secrets/testing/two-regions.ts";
import type { Caller } from "../call.ts";
import { MAX_INSTANCES } from "./create-instance.ts";
import { instanceInRegion } from "./open-region.ts";

const EAST = { account: ACCOUNT, region: "us-east-1", instance: null } as const;

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

const inRegion = (region: string) =>
  app.state.read((view) => instanceInRegion(view, { account: ACCOUNT, region }));

async function create(name: string, region: string = EAST.region) {
  const call = app.call(manager, { ...EAST, region });
  return app.performer.perform(createNamedSecret, call, () => named(name));
}

describe("the instance of a region", () => {
  it("is made with the first secret there, by the server, and is there for the second", async () => {
    expect((await create("one")).kind).toBe("done");
    const instance = await inRegion("us-east-1");
    expect(instance).toMatchObject({ account: ACCOUNT, name: "AWS us-east-1" });
    expect(app.events().slice(-2)).toMatchObject([
      { operation: "secret.create", instance: instance?.id },
      {
        operation: "instance.create",
        instance: instance?.id,
        initiator: { id: "keytrail-regions" },
        requestData: { name: "AWS us-east-1", region: "us-east-1" },
      },
    ]);
    expect((await create("two")).kind).toBe("done");
    expect(app.lastEvent()).toMatchObject({ operation: "secret.create", instance: instance?.id });
    expect(await inRegion(PLACE.region)).toMatchObject({ id: PLACE.instance });
  });

  it("is not made in a region that there is not, or that takes none", async () => {
    expect(await create("one", "us-moon-1")).toMatchObject({
      refusal: { code: "invalid_request" },
    });
    expect(await create("one", "in-che")).toMatchObject({ refusal: { code: "conflict" } });
    expect(await inRegion("in-che")).toBeUndefined();
  });

  it("is not made for a secret that is refused, nor beyond what an account may have", async () => {
    await app.state.transact(async ({ identity }) => {
      for (let n = 1; n < MAX_INSTANCES; n++) {
        const id = `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
        const region = "eu-de";
        await identity.putInstance({ id, account: ACCOUNT, region, name: `n${n}`, createdAt: n });
      }
    });
    expect(await create("one")).toMatchObject({ refusal: { code: "limit_reached" } });
    expect(await inRegion("us-east-1")).toBeUndefined();
    expect(app.lastEvent()).toMatchObject({ operation: "secret.create", outcome: "failure" });
  });
});
