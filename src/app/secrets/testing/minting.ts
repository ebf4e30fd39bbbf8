/** An account in which credentials can be minted: an engine, a group that gives something, and who asks for them. */
import { API_KEY_GRANT } from "../../identity/login.ts";
import { authenticateBearer } from "../../identity/authenticate.ts";
import { createAccessGroup } from "../../groups/access-groups.ts";
import { createApiKey, type CreatedApiKey } from "../../identity/api-keys.ts";
import { createPolicy } from "../../identity/policies.ts";
import { createServiceId, type CreatedServiceId } from "../../identity/service-ids.ts";
import { issueToken } from "../../identity/issue-token.ts";
import { crn } from "../../../audit/crn.ts";
import type { RoleName } from "../../../identity/roles.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { Payload } from "../../../secrets/payload.ts";
import type { Lease } from "../../../secrets/lease.ts";
import type { Caller } from "../../call.ts";
import { createConfiguration } from "../../configurations/create-configuration.ts";
import { Schedule } from "../../schedule.ts";
import {
  ACCOUNT,
  NOBODY,
  openTestApp,
  PLACE,
  SCHEDULE,
  type TestApp,
} from "../../testing/test-app.ts";
import type { CreateSecretInput } from "../create-secret.ts";
import { leaseJob } from "../lease-job.ts";
import { rotationJob } from "../jobs.ts";

export interface MintingApp {
  readonly app: TestApp;
  /** Who manages the instance, and may make keys of service IDs. */
  readonly manager: Caller;
  readonly engine: CreatedServiceId;
  readonly engineKey: CreatedApiKey;
  /** The id of an access group whose members are Writers of the instance. */
  readonly group: string;
  /** A new service ID with nothing. */
  serviceId(name: string): Promise<CreatedServiceId>;
  configure(name: string, apiKey: Sensitive<string>, disabled?: boolean): Promise<void>;
  /** Who a login with the key leads to; undefined where it is refused. */
  login(apiKey: Sensitive<string>): Promise<Caller | undefined>;
  /** A session got with the key: whom a call in it comes from, asked each time anew. */
  session(apiKey: Sensitive<string>): Promise<() => Promise<Caller>>;
  leases(secretId: string): Promise<readonly Lease[]>;
  /** Everything in the account that was minted: keys and service IDs by their ids. */
  minted(): Promise<{ readonly keys: readonly string[]; readonly serviceIds: readonly string[] }>;
  /** What the schedule does now, by the name of the job: how much was done and how much failed. */
  pass(): Promise<Readonly<Record<string, readonly [done: number, failed: number]>>>;
}

export interface MintingOptions {
  readonly roles?: readonly RoleName[];
  readonly isConfigured?: boolean;
}

export async function openMintingApp({
  roles = ["Editor"],
  isConfigured = true,
}: MintingOptions = {}): Promise<MintingApp> {
  const app = await openTestApp();
  const manager = await app.callerWith(["Manager", "Editor"]);
  const serviceId = (name: string) => app.done(createServiceId, SCHEDULE, { name });
  const engine = await serviceId("engine");
  const engineKey = await app.done(createApiKey, SCHEDULE, { iamId: engine.iamId, name: "key" });
  if (roles.length > 0) {
    await app.done(createPolicy, SCHEDULE, { subject: engine.iamId, roles, resource: {} });
  }
  const group = await app.done(createAccessGroup, SCHEDULE, { name: "writers" });
  const resource = { service: "secrets-manager", instance: PLACE.instance };
  await app.done(createPolicy, SCHEDULE, { subject: group.id, roles: ["Writer"], resource });
  const minting: MintingApp = {
    app,
    manager,
    engine,
    engineKey,
    group: group.id,
    serviceId,
    async configure(name, apiKey, disabled = false) {
      await app.done(createConfiguration, manager, {
        name,
        configurationType: "iam_credentials_configuration",
        given: { kind: "iam-engine", apiKey, disabled },
      });
    },
    async login(apiKey) {
      const caller = await session(app, apiKey);
      return caller?.();
    },
    async session(apiKey) {
      const caller = await session(app, apiKey);
      if (!caller) throw new Error("the key does not work");
      return caller;
    },
    leases: (id) => app.state.read(({ leases }) => leases.leasesOf(id)),
    minted: () => mintedIn(app),
    async pass() {
      const results = await schedule.pass();
      return Object.fromEntries(results.map(({ job, done, failed }) => [job, [done, failed]]));
    },
  };
  const schedule = new Schedule({
    jobs: [rotationJob(app), leaseJob(app)],
    clock: app.clock,
    // What fails is counted as failed, which no test that does not make it fail expects.
    onError: () => undefined,
  });
  if (isConfigured) await minting.configure("engine", engineKey.value);
  return minting;
}

async function session(
  app: TestApp,
  apiKey: Sensitive<string>,
): Promise<(() => Promise<Caller>) | undefined> {
  const input = { client_id: "default", grant_type: API_KEY_GRANT, apiKey } as const;
  const performed = await app.perform(issueToken, NOBODY, input);
  if (performed.kind === "refused") return undefined;
  const { tokens } = app.capabilities;
  const header = `Bearer ${performed.output.accessToken.reveal()}`;
  return () => authenticateBearer(header, { state: app.state, clock: app.clock, tokens });
}

async function mintedIn(app: TestApp) {
  const all = { offset: 0, limit: 1_000 };
  return app.state.read(async ({ identity }) => {
    const { items: keys } = await identity.apiKeys(ACCOUNT, undefined, all);
    const { items: serviceIds } = await identity.serviceIds(ACCOUNT, all);
    const isMinted = ({ name }: { readonly name: string }) => name.startsWith("keytrail-");
    return {
      keys: keys.filter(isMinted).map(({ id }) => id),
      serviceIds: serviceIds.filter(isMinted).map(({ iamId }) => iamId),
    };
  });
}

export const TTL_S = 3_600;

type NewIam = Extract<CreateSecretInput["payload"], { readonly kind: "iam_credentials" }>;

export function iamSecret(
  name: string,
  given: Partial<NewIam>,
  input: Partial<CreateSecretInput> = {},
): CreateSecretInput {
  return {
    name,
    secretType: "iam_credentials",
    secretGroupId: "default",
    payload: { kind: "iam_credentials", ttlSeconds: TTL_S, reuseApiKey: true, ...given },
    ...input,
  };
}

export const INSTANCE_CRN = crn("secrets-manager", PLACE);

export function serviceSecret(
  name: string,
  role: RoleName,
  given: {
    readonly ttlSeconds?: number;
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly instanceCrn?: string;
  } = {},
): CreateSecretInput {
  const { ttlSeconds, parameters = null, instanceCrn = INSTANCE_CRN } = given;
  const roleCrn = `crn:v1:bluemix:public:iam::::serviceRole:${role}`;
  return {
    name,
    secretType: "service_credentials",
    secretGroupId: "default",
    payload: {
      kind: "service_credentials",
      ttlSeconds,
      source: { instanceCrn, role, roleCrn, parameters },
    },
  };
}

/** The API key in a value; fails where there is none. */
export function apiKeyIn(payload: Payload | null): Sensitive<string> {
  if (payload?.kind === "iam_credentials") return payload.apiKey;
  if (payload?.kind === "service_credentials") {
    return new Sensitive(String(payload.credentials.reveal()["apikey"]));
  }
  throw new Error("there are no credentials in this");
}
