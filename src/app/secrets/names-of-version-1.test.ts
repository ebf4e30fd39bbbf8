import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseEvent } from "../../audit/event.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { DuckDbEventIndex } from "../../storage/duckdb/event-index.ts";
import type { Caller } from "../call.ts";
import type { Operation } from "../operation.ts";
import { searchEvents } from "../trail/search-events.ts";
import { ASKED, auditorOf } from "../trail/testing/places.ts";
import { openTrailApp, type TrailApp } from "../trail/testing/trail-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { readSecret } from "./read-secret.ts";
import { rotateSecret } from "./rotate-secret.ts";
import { readSecretPolicies, setSecretPolicies } from "./secret-policies.ts";
import { login, revealed } from "./testing/inputs.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";

let app: TrailApp;
let index: DuckDbEventIndex;
let folder: string;
let manager: Caller;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-"));
  index = await DuckDbEventIndex.open(folder);
  app = await openTrailApp(index);
  manager = await app.base.callerWith(["Manager"]);
});

afterEach(async () => {
  await app.close();
  await index.close();
  rmSync(folder, { recursive: true });
});

async function done<I extends object, S, O extends object>(
  operation: Operation<I, S, O>,
  input: I,
): Promise<O> {
  const performed = await app.performer.perform(operation, app.base.call(manager), () => input);
  if (performed.kind === "refused") throw performed.refusal;
  return performed.output;
}

async function actionsFound(query: string): Promise<readonly string[]> {
  const found = await app.done(searchEvents, await auditorOf(app), { ...ASKED, query });
  return found.entries.map(({ line }) => parseEvent(line).action.replace("secrets-manager.", ""));
}

const password = (text: string) =>
  ({ kind: "username_password", password: new Sensitive(text) }) as const;
const monthly = { rotation: { autoRotate: true, interval: 1, unit: "month" } } as const;

describe("what version 1 has a name of its own for", () => {
  it("is found by that name and by version 2's, whichever of the two raised it", async () => {
    const { id } = await done(createSecret, login("db", "first-password"));
    await done(rotateSecret, { id, payload: password("second-password") });
    await done(createVersion, { id, payload: password("third-password") });
    await done(setSecretPolicies, updateSecretMetadataInput(id, monthly));
    await done(updateSecretMetadata, updateSecretMetadataInput(id, { labels: ["a1"] }));
    await done(readSecretPolicies, { id });
    await done(readSecretMetadata, { id });
    for (const [one, other] of [
      ["secret.rotate", "secret-version.create"],
      ["secret-policies.set", "secret-metadata.update"],
      ["secret-policies.get", "secret-metadata.read"],
    ]) {
      const both = [one, other];
      expect(await actionsFound(`action:secrets-manager.${one}`)).toEqual(both);
      expect(await actionsFound(`action:secrets-manager.${other}`)).toEqual(both);
    }
    expect(
      await actionsFound("action:secrets-manager.secret.rotate -operation:version.create"),
    ).toEqual(["secret.rotate"]);
  });

  it("does what version 2 does: the value before stays readable, the policy is followed", async () => {
    const { id } = await done(createSecret, login("db", "first-password"));
    const rotated = await done(rotateSecret, { id, payload: password("second-password") });
    expect(rotated).toMatchObject({ kind: "created", previousVersionId: expect.any(String) });
    const read = await done(readSecret, { id });
    expect(revealed(read.payload)).toMatchObject({ password: "second-password" });
    await done(setSecretPolicies, updateSecretMetadataInput(id, monthly));
    const policies = await done(readSecretPolicies, { id });
    expect(policies.rotation).toEqual(monthly.rotation);
    expect(policies.nextRotationAt).not.toBeNull();
  });
});
