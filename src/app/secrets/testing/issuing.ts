/** An application beside a certificate authority that answers, with an account there and a schedule that is told to run. */
import { startAcmeServer, type AcmeServer } from "../../../../test/support/acme-server.ts";
import { AcmeClient } from "../../../acme/acme-client.ts";
import { ManualClock } from "../../../kernel/clock.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import { generateKey, readPrivateKey } from "../../../pki/keys.ts";
import type { NewPublicCert, PublicCertAttributes } from "../../../secrets/kinds/public-cert.ts";
import type { RootKeySource } from "../../../secrets/root-key.ts";
import { RootKeysInMemory } from "../../../storage/memory/root-keys.ts";
import type { MemoryEntryLog } from "../../../storage/memory/entry-log.ts";
import type { Database } from "../../../storage/sqlite/database.ts";
import { createConfiguration } from "../../configurations/create-configuration.ts";
import { Schedule } from "../../schedule.ts";
import { openTestApp, SCHEDULE, START, type TestApp } from "../../testing/test-app.ts";
import type { CreateSecretInput } from "../create-secret.ts";
import { issuanceJob } from "../issuance-job.ts";
import { expirationJob, rotationJob } from "../jobs.ts";
import { readSecret } from "../read-secret.ts";
import { secretAction } from "../secret-action.ts";

export interface IssuingApp {
  readonly app: TestApp;
  readonly server: AcmeServer;
  readonly accountKey: Sensitive<string>;
  /** What the schedule does until there is nothing left that is due now. */
  pass(): Promise<void>;
  /** The same, so much later. */
  later(byMs: number): Promise<void>;
  attributesOf(id: string): Promise<PublicCertAttributes>;
  /** Publishes the records of the challenges, and says so. */
  prove(id: string): Promise<void>;
  /** Has everything done that is still to be done for the certificate, but for what waits for the owner. */
  finish(id: string): Promise<void>;
}

export interface IssuingOptions {
  readonly server?: AcmeServer;
  readonly clock?: ManualClock;
  readonly database?: Database;
  readonly log?: MemoryEntryLog;
  readonly rootKeys?: RootKeySource;
  readonly timeoutMs?: number;
  /** Of one that is gone on with. */
  readonly accountKey?: Sensitive<string>;
}

export async function openIssuingApp(options: IssuingOptions = {}): Promise<IssuingApp> {
  const { clock = new ManualClock(START), timeoutMs = 2_000 } = options;
  const server = options.server ?? (await startAcmeServer(clock));
  const directories = { production: "http://127.0.0.1:1/", staging: server.directory };
  const acme = new AcmeClient({ directories, userAgent: "keytrail/test", clock, timeoutMs });
  const { database, log, rootKeys = new RootKeysInMemory() } = options;
  const kept = { ...(database ? { database } : {}), ...(log ? { log } : {}), rootKeys };
  const app = await openTestApp({ ...kept, clock, acme });
  const accountKey = options.accountKey ?? (await generateKey({ type: "ec", bits: 256 }));
  if (!options.accountKey) {
    await server.register(readPrivateKey(accountKey));
    await app.done(createConfiguration, SCHEDULE, authority(accountKey));
  }
  const jobs = [rotationJob(app), expirationJob(app), issuanceJob(app)];
  const errors: unknown[] = [];
  const schedule = new Schedule({ jobs, clock, onError: (_job, error) => errors.push(error) });
  const issuing: IssuingApp = {
    app,
    server,
    accountKey,
    pass: async () => {
      let isDue = true;
      while (isDue) isDue = (await schedule.pass()).some(({ done }) => done > 0);
      if (errors.length > 0) throw errors[0];
    },
    later: async (byMs) => {
      clock.advance(byMs);
      await issuing.pass();
    },
    attributesOf: async (id) => {
      const { attributes } = await app.done(readSecret, SCHEDULE, { id });
      if (attributes?.kind !== "public_cert") throw new Error("not a public certificate");
      return attributes;
    },
    prove: async (id) => {
      for (const one of (await issuing.attributesOf(id)).issuance.challenges) {
        server.publish(one.recordName.replace(/\.$/, ""), one.recordValue);
      }
      await app.done(secretAction, SCHEDULE, { id, actionType: VALIDATE });
    },
    finish: async (id) => {
      for (let passes = 0; passes < 10; passes++) {
        await issuing.later(60_000);
        if ((await issuing.attributesOf(id)).issuance.state === 1) return;
      }
      throw new Error("there is no certificate");
    },
  };
  return issuing;
}

export const VALIDATE = "public_cert_action_validate_dns_challenge";

export function authority(accountKey: Sensitive<string>, name = "acme") {
  return {
    name,
    configurationType: "public_cert_configuration_ca_lets_encrypt" as const,
    given: { kind: "lets-encrypt" as const, environment: "staging" as const, accountKey },
  };
}

export function publicCert(
  name = "site",
  given: Partial<Omit<NewPublicCert, "kind">> = {},
): CreateSecretInput {
  return {
    name,
    secretType: "public_cert",
    secretGroupId: "default",
    payload: {
      kind: "public_cert",
      commonName: "example.com",
      altNames: ["www.example.com"],
      keyAlgorithm: "EC256",
      ca: "acme",
      dns: "manual",
      ...given,
    },
  };
}
