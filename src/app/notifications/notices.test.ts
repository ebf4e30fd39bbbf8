/** What real operations on secrets of every kind come to as notices; deliveries are tested elsewhere. */
import { describe, expect, it } from "vitest";
import { messagesOf, type NoticeMessage } from "../../secrets/notice-message.ts";
import { createSecret } from "../secrets/create-secret.ts";
import { createVersion } from "../secrets/create-version.ts";
import { deleteCredentials } from "../secrets/delete-credentials.ts";
import { deleteSecret } from "../secrets/delete-secret.ts";
import { secretAction } from "../secrets/secret-action.ts";
import {
  createSecretLocks,
  createSecretLocksInput,
  deleteSecretLocks,
} from "../secrets/secret-locks.ts";
import { TestRunner } from "../secrets/testing/custom-credentials.ts";
import { openIssuingApp, publicCert } from "../secrets/testing/issuing.ts";
import { iamSecret, openMintingApp, TTL_S } from "../secrets/testing/minting.ts";
import { openCertificateStory } from "../secrets/testing/private-certs.ts";
import { openTestApp, SCHEDULE, type TestApp } from "../testing/test-app.ts";

const REVOKE = "private_cert_action_revoke_certificate";

const messages = (app: TestApp): readonly NoticeMessage[] => app.events().flatMap(messagesOf);

const types = (app: TestApp): readonly string[] =>
  messages(app).map(({ data }) => String(data["event_type"]));

/** Each notice says of which type the secret is, and in which group. */
function expectWhole(app: TestApp, secretType: string): void {
  for (const { data } of messages(app)) {
    const about = (data["tasks"] ?? data["secrets"]) as readonly unknown[];
    expect([data["event_type"], data["secret_type"]]).toEqual([data["event_type"], secretType]);
    expect(about).toEqual([
      expect.objectContaining({ secret_group_id: "default", secret_name: expect.any(String) }),
    ]);
  }
}

describe("owners are told", () => {
  it("of tasks as they come and end, and of the values that they bring", async () => {
    const app = await openTestApp();
    const runner = await TestRunner.open(app);
    const { id } = await runner.secret("saas");
    const created = ["secret_task_created"];
    expect(types(app)).toEqual(created);
    await runner.create(id, "one");
    const first = [...created, "secret_task_succeeded", "secret_created"];
    expect(types(app)).toEqual(first);
    await app.done(createVersion, runner.manager, { id });
    await runner.fail(id);
    const failed = [...first, "secret_task_created", "secret_task_failed"];
    expect(types(app)).toEqual(failed);
    await app.done(createVersion, runner.manager, { id });
    await runner.create(id, "two");
    const rotated = [...failed, "secret_task_created", "secret_task_succeeded", "secret_rotated"];
    expect(types(app)).toEqual(rotated);
    await app.done(createVersion, runner.manager, { id });
    const refused = await app.refused(deleteSecret, runner.manager, { id });
    expect(refused.code).toBe("precondition_failed");
    await app.done(deleteSecret, runner.manager, { id, forceDelete: true });
    const deleted = ["secret_deletion_failed", "secret_deleted", "secret_task_deleted"];
    expect(types(app)).toEqual([...rotated, "secret_task_created", ...deleted]);
    expectWhole(app, "custom_credentials");
    const tasks = messages(app).flatMap(({ data }) => data["tasks"] ?? []);
    for (const task of tasks as readonly object[]) {
      expect(task).toMatchObject({
        task_id: expect.any(String),
        task_type: "create_credentials",
        task_trigger: expect.stringMatching(/^(secret_creation|manual_secret_rotation)$/),
      });
    }
    await app.close();
  });

  it("of minted credentials that are taken back, at the end of their lease or on request", async () => {
    const minting = await openMintingApp();
    const { app, manager, group } = minting;
    const make = (name: string) =>
      app.done(createSecret, manager, iamSecret(name, { accessGroups: [group] }));
    await make("leased");
    app.clock.advance(TTL_S * 1_000);
    await minting.pass();
    const { id } = await make("revoked");
    const [lease] = await minting.leases(id);
    await app.done(deleteCredentials, manager, { id, apiKeyId: lease?.apiKeyId });
    await app.done(deleteSecret, manager, { id });
    const one = ["secret_created", "secret_data_removed"];
    expect(types(app)).toEqual([...one, ...one, "secret_deleted"]);
    expectWhole(app, "iam_credentials");
    await app.close();
  });

  it("of certificates that are revoked, or cannot be since they are locked", async () => {
    const story = await openCertificateStory();
    const { app, manager } = story;
    await story.template({ allowAnyName: true });
    const { id } = await story.issue("leaf");
    await app.done(createSecretLocks, manager, createSecretLocksInput(id, [{ name: "app" }]));
    await app.refused(secretAction, manager, { id, actionType: REVOKE });
    await app.done(deleteSecretLocks, manager, { id });
    await app.done(secretAction, manager, { id, actionType: REVOKE });
    expect(types(app)).toEqual(["secret_created", "secret_revocation_blocked", "secret_revoked"]);
    expectWhole(app, "private_cert");
    await app.close();
  });

  it("of public certificates once they are issued, or once it is certain that they will not be", async () => {
    const issuing = await openIssuingApp();
    const { app, server } = issuing;
    const { id } = await app.done(createSecret, SCHEDULE, publicCert());
    server.arrange("new-order", server.problem("serverInternal", 500));
    await issuing.pass();
    expect(types(app)).toEqual([]);
    server.arrange("new-order", server.problem("rejectedIdentifier"));
    await issuing.later(3_600_000);
    expect(types(app)).toEqual(["secret_creation_failed"]);
    await app.done(createVersion, SCHEDULE, { id });
    await issuing.pass();
    await issuing.prove(id);
    await issuing.finish(id);
    expect(types(app)).toEqual(["secret_creation_failed", "secret_created"]);
    await app.done(createVersion, SCHEDULE, { id });
    for (let hours = 0; hours < 26; hours++) {
      server.arrange("new-order", server.problem("serverInternal", 500));
      await issuing.later(3_600_000);
    }
    expect(types(app).slice(2)).toEqual(["secret_rotation_failed"]);
    expectWhole(app, "public_cert");
    await app.close();
    await server.close();
  });
});
