import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { openTestApp, PLACE, type TestApp } from "../testing/test-app.ts";
import type { Caller } from "../call.ts";
import { createSecret } from "./create-secret.ts";
import { readSecret } from "./read-secret.ts";

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

describe("a secret", () => {
  it("is created and read", async () => {
    const made = await app.done(createSecret, manager, {
      name: "db-prod",
      secretType: "arbitrary",
      secretGroupId: "default",
      payload: { kind: "arbitrary", payload: new Sensitive("hunter2") },
    });
    const read = await app.done(readSecret, manager, { id: made.id });
    expect(read.payload).toMatchObject({ kind: "arbitrary" });
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret.read",
      target: { id: made.crn, name: "db-prod" },
    });
    expect(PLACE.account).toBe(made.crn.split("a/")[1]!.split(":")[0]);
  });
});
