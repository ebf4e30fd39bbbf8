/** The test server with rotators: one hook over TLS that calls back as AWS's functions do, and those that are built in. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { startHook, type RotationHook } from "../../../../../test/support/rotation-hook.ts";
import { Schedule } from "../../../../app/schedule.ts";
import { rotatorJobs } from "../../../../app/secrets/rotation-job.ts";
import { START } from "../../../../app/testing/test-app.ts";
import type { AuditEvent } from "../../../../audit/event.ts";
import { tlsMaterial } from "../../../../compose/tls.ts";
import { ManualClock } from "../../../../kernel/clock.ts";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { signatureHeaders } from "../../../../kernel/standard-webhooks.ts";
import { isReachable } from "../../../../openid/guarded-fetch.ts";
import { AllowedHosts } from "../../../../rotators/allowed-hosts.ts";
import { KnownRotators } from "../../../../rotators/known-rotators.ts";
import { AwsServer, REGION } from "./aws-server.ts";

export const LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:my-rotator";
export const RANDOM = "arn:aws:lambda:us-east-1:123456789012:function:keytrail-random-password";
/** What the hook's requests are signed by. */
export const KEY = new Uint8Array(32).fill(7);

export class RotationWire {
  readonly server: AwsServer;
  readonly hook: RotationHook;
  readonly clock: ManualClock;
  readonly #schedule: Schedule;
  readonly #folder: string;
  readonly #failures: unknown[] = [];

  private constructor(parts: Pick<RotationWire, "server" | "hook" | "clock">, folder: string) {
    this.server = parts.server;
    this.hook = parts.hook;
    this.clock = parts.clock;
    this.#folder = folder;
    const { state, performer } = parts.server.app;
    this.#schedule = new Schedule({
      jobs: rotatorJobs({ state, performer }),
      clock: parts.clock,
      onError: (_job, error) => this.#failures.push(error),
    });
  }

  static async open(): Promise<RotationWire> {
    const folder = mkdtempSync(join(tmpdir(), "keytrail-rotation-"));
    const clock = new ManualClock(START);
    const tls = await tlsMaterial({ kind: "self-signed" }, folder, clock);
    if (!tls) throw new Error("a certificate is made");
    const { certificate, key } = tls;
    const hook = await startHook({ cert: certificate, key }, async (action, members) => {
      const { status, body } = await server.secrets(action, members);
      return status === 200 ? body : undefined;
    });
    const { port } = new URL(hook.url);
    const rotators = new KnownRotators({
      hooks: new Map([[LAMBDA, new URL(hook.url)]]),
      hosts: new AllowedHosts([`localhost:${port}`], isReachable),
      sign: (message) => signatureHeaders({ ...message, at: clock.now() }, [new Sensitive(KEY)]),
      ca: [certificate],
      hookTimeoutMs: 500,
    });
    const server = await AwsServer.open({ clock, rotators });
    return new RotationWire({ server, hook, clock }, folder);
  }

  /** All that is due, to its end. */
  async pass(): Promise<void> {
    await this.#schedule.pass();
    await this.#schedule.settled();
  }

  /** The id of its first version. */
  async secretCalled(name: string, value = "first"): Promise<string> {
    const { body } = await this.server.secrets("CreateSecret", { Name: name, SecretString: value });
    return body.VersionId;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  async described(SecretId: string): Promise<any> {
    return (await this.server.secrets("DescribeSecret", { SecretId })).body;
  }

  async valueOf(SecretId: string): Promise<string> {
    return (await this.server.secrets("GetSecretValue", { SecretId })).body.SecretString;
  }

  eventsSince(from: number): readonly AuditEvent[] {
    return this.server.app.events().slice(from);
  }

  /** That of the region, once it has its first secret. */
  instance() {
    return this.server.app.state.read(async ({ identity }) => {
      const { account } = this.server.manager.user;
      const all = await identity.instances(account);
      const found = all.find(({ region }) => region === REGION);
      return found && { account, instance: found.id };
    });
  }

  /** Nothing may have failed but by a refusal. */
  async close(): Promise<void> {
    await this.#schedule.stop();
    await this.hook.close();
    await this.server.close();
    rmSync(this.#folder, { recursive: true });
    expect(this.#failures).toEqual([]);
  }
}
