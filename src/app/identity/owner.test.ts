import { afterEach, beforeEach, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { createApiKey, deleteApiKey } from "./api-keys.ts";
import { deletePassword, setPassword } from "./passwords.ts";
import { enrollSecondFactor, removeSecondFactor } from "./second-factor.ts";
import { IdentityApp } from "./testing/identity-app.ts";
import { updateApiKey } from "./update-api-key.ts";
import { deleteUser, updateUser } from "./users.ts";

let app: IdentityApp;
let owner: Caller;
let other: Caller;
beforeEach(async () => {
  app = await IdentityApp.open();
  owner = await app.administrator();
  other = (await app.user("other@example.com", ["Administrator", "Manager"])).caller;
});
afterEach(() => app.close());

const OWNERS_OWN = "forbidden: Only the owner of the account itself can do this to the owner.";

it("is nobody else's to change or to become, whatever administers the account besides", async () => {
  const { iamId } = app.first.administrator;
  const password = new Sensitive("correct horse battery");
  const tried = [
    await app.refused(createApiKey, other, { iamId, name: "mine" }),
    await app.refused(createApiKey, other, { iamId, name: "mine", form: "access-key" }),
    await app.refused(setPassword, other, { iamId, password }),
    await app.refused(deletePassword, other, { iamId }),
    await app.refused(enrollSecondFactor, other, { iamId }),
    await app.refused(removeSecondFactor, other, { iamId }),
    await app.refused(updateUser, other, { iamId, name: "Nobody" }),
    await app.refused(updateUser, other, { iamId, state: "disabled" }),
    await app.refused(deleteUser, other, { iamId }),
  ];
  expect(new Set(tried)).toEqual(new Set([OWNERS_OWN]));
  expect(app.parts.lastEvent()).toMatchObject({
    operation: "user.delete",
    outcome: "failure",
    severity: "critical",
    reason: { reasonCode: 403, cause: "owners-own" },
  });
});

it("looks after what is its own, and a key that has leaked anybody who administers may disable", async () => {
  const { iamId } = app.first.administrator;
  const key = await app.done(createApiKey, owner, { iamId, name: "second" });
  await app.done(setPassword, owner, { iamId, password: new Sensitive("correct horse battery") });
  await app.done(updateUser, owner, { iamId, name: "Ada" });
  await app.done(updateApiKey, other, { id: key.id, change: { kind: "disable" } });
  await app.done(deleteApiKey, other, { id: key.id });
});
