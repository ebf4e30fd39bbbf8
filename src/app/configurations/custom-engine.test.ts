import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deleteSecret } from "../secrets/delete-secret.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { createVersion } from "../secrets/create-version.ts";
import { ENGINE, TestRunner } from "../secrets/testing/custom-credentials.ts";
import { arbitrary, kv } from "../secrets/testing/inputs.ts";
import {
  updateSecretMetadata,
  updateSecretMetadataInput,
} from "../secrets/update-secret-metadata.ts";
import { openTestApp, START, type TestApp } from "../testing/test-app.ts";
import {
  deleteConfiguration,
  updateConfiguration,
  updateConfigurationInput,
} from "./change-configuration.ts";
import { createConfiguration } from "./create-configuration.ts";
import type { NewCustomEngine } from "./kinds/custom-engine.ts";
import { readConfiguration } from "./read-configuration.ts";

let app: TestApp;
let runner: TestRunner;
beforeEach(async () => {
  app = await openTestApp();
  const { schema } = JOB;
  runner = await TestRunner.open(app, { schema });
});
afterEach(() => app.close());

const JOB = {
  schema: {
    parameters: [{ name: "login", type: "secret_id", isRequired: true }],
    credentials: [{ name: "token", type: "string", isRequired: true }],
  },
} as const;

function input(name: string, given: Partial<NewCustomEngine>) {
  const job = { name: "job", projectId: null, region: null };
  return {
    name,
    configurationType: "custom_credentials_configuration",
    given: { kind: "custom-engine", job, ...given },
  } as const;
}

const patchOf = (taskTimeoutSeconds: number) =>
  updateConfigurationInput(
    { name: ENGINE },
    { "custom-engine": { kind: "custom-engine", taskTimeoutSeconds } },
    { taskTimeoutSeconds },
  );

describe("a configuration of custom credentials", () => {
  it("names the secret with its job's key, which has to exist and to be one", async () => {
    const key = await app.done(createSecret, runner.manager, arbitrary("key", "canary-key"));
    const made = await app.done(
      createConfiguration,
      runner.manager,
      input("other", { apiKeyRef: key.id }),
    );
    expect(made.attributes).toMatchObject({ apiKeyRef: key.id, taskTimeoutSeconds: 3_600 });
    const other = await app.done(createSecret, runner.manager, kv("no-key", {}));
    for (const apiKeyRef of [other.id, crypto.randomUUID(), "canary-no-id"]) {
      const refusal = await app.refused(
        createConfiguration,
        runner.manager,
        input("third", { apiKeyRef }),
      );
      expect(refusal.code).toBe("invalid_request");
    }
    const lines = app.log.lines.map((line) => Buffer.from(line).toString()).join("\n");
    expect(lines).not.toContain("canary");
  });

  it("changes the time of tasks from then on", async () => {
    const login = await app.done(createSecret, runner.manager, arbitrary("login"));
    const parameters = { login: login.id };
    const { id } = await runner.secret("saas", { parameters });
    await app.done(updateConfiguration, runner.manager, patchOf(7_200));
    await app.done(createVersion, runner.manager, { id });
    expect((await runner.tasks(id)).map(({ expiresAt }) => expiresAt)).toEqual([
      START + 7_200_000,
      START + 600_000,
    ]);
    expect((await app.refused(updateConfiguration, runner.manager, patchOf(60))).code).toBe(
      "invalid_request",
    );
    const read = await app.done(readConfiguration, runner.manager, { name: ENGINE });
    expect(read.attributes).toMatchObject({ taskTimeoutSeconds: 7_200, schema: JOB.schema });
  });

  it("holds secrets and their runners to its schema", async () => {
    const login = await app.done(createSecret, runner.manager, arbitrary("login"));
    for (const parameters of [undefined, { login: crypto.randomUUID() }, { login: 1 }]) {
      await expect(runner.secret("saas", { parameters })).rejects.toMatchObject({
        code: "invalid_request",
      });
    }
    const { id } = await runner.secret("saas", { parameters: { login: login.id } });
    const without = updateSecretMetadataInput(id, { parameters: null });
    expect((await app.refused(updateSecretMetadata, runner.manager, without)).code).toBe(
      "invalid_request",
    );
    await expect(runner.create(id, "one", { tokens: "misspelt" })).rejects.toMatchObject({
      code: "invalid_request",
    });
    await runner.create(id, "one", { token: "as it should be" });
  });

  it("stays while a secret's credentials are made by it", async () => {
    const login = await app.done(createSecret, runner.manager, arbitrary("login"));
    const { id } = await runner.secret("saas", { parameters: { login: login.id } });
    const refusal = await app.refused(deleteConfiguration, runner.manager, { name: ENGINE });
    expect(refusal.code).toBe("precondition_failed");
    await app.done(deleteSecret, runner.manager, { id, forceDelete: true });
    await app.done(deleteConfiguration, runner.manager, { name: ENGINE });
  });
});
