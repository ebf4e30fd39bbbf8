import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "../call.ts";
import { changeOperation, type Located } from "../operation.ts";
import { openTestApp, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { readSecret } from "./read-secret.ts";
import { rotateSecret } from "./rotate-secret.ts";
import { login } from "./testing/inputs.ts";
import { changeThenShow, readThenShow } from "./then-show.ts";

type Instead = NonNullable<Located<unknown>["instead"]>;

let app: TestApp;
let manager: Caller;

beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});

afterEach(() => app.close());

describe("an operation that shows the secret afterwards", () => {
  it("shows what it has made, and records what it records without that", async () => {
    const made = await app.done(
      changeThenShow(createSecret),
      manager,
      login("db", "first-password"),
    );
    expect(made.shown).toMatchObject({
      secret: { id: made.id, versionsTotal: 1 },
      versions: [{ versionId: made.versionId, alias: "current", downloaded: false }],
    });
    await app.done(readSecret, manager, { id: made.id });
    const rotated = await app.done(changeThenShow(rotateSecret), manager, { id: made.id });
    expect(rotated.shown.versions.map(({ alias, downloaded }) => [alias, downloaded])).toEqual([
      ["current", false],
      ["previous", true],
    ]);
    const [created, , second] = app.events();
    expect(Object.keys(created?.responseData ?? {})).toEqual([
      "id",
      "crn",
      "versionId",
      "payloadAvailable",
    ]);
    expect(second).toMatchObject({
      operation: "secret.rotate",
      responseData: { previousVersionId: made.versionId, autoRotated: false },
    });
    expect(second?.responseData).not.toHaveProperty("shown");
  });

  it("makes in a transaction what has to be made to be read, and shows the secret then", async () => {
    const { id } = await app.done(createSecret, manager, login("db", "first-password"));
    // What a rotation gives is no answer to a reading; that it was made, and then shown, is what this is about.
    const rotation = changeOperation({
      ...rotateSecret,
      name: "secret.read",
    }) as unknown as Instead;
    const making: typeof readSecret = {
      ...readSecret,
      async locate(input, context) {
        const located = await readSecret.locate(input, context);
        return { ...located, instead: rotation };
      },
    };
    const read = await app.done(readThenShow(making), manager, { id });
    expect(read.shown.versions).toHaveLength(2);
    expect(app.lastEvent()).toMatchObject({ operation: "secret.read" });
  });
});
