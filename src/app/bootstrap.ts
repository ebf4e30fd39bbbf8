/**
 * The first start: an account, an instance, an administrator and an API key, each made by its operation, so that the
 * trail begins with them.
 */
import { operatorPlace, type Place } from "../audit/crn.ts";
import { accountPlace, type Account, type Instance } from "../identity/account.ts";
import { MAX_API_KEYS_PER_IDENTITY } from "../identity/api-key.ts";
import type { RoleName } from "../identity/roles.ts";
import type { User } from "../identity/user.ts";
import { invariant } from "../kernel/errors.ts";
import { randomId } from "../kernel/ids.ts";
import type { Sensitive } from "../kernel/sensitive.ts";
import type { Call } from "./call.ts";
import { createApiKey, deleteApiKey } from "./identity/api-keys.ts";
import { createAccount } from "./identity/create-account.ts";
import { createPolicy } from "./identity/policies.ts";
import { createUser } from "./identity/users.ts";
import type { Operation } from "./operation.ts";
import type { Performer } from "./perform.ts";
import type { State } from "./state.ts";

export const ADMINISTRATOR_EMAIL = "admin@keytrail.local";
const ADMINISTRATOR_KEY_NAME = "first key of the administrator";
const ADMINISTRATOR_ROLES: readonly RoleName[] = [
  "Manager",
  "Administrator",
  "Auditor",
  "Operator",
];

export interface BootstrapPorts {
  readonly state: State;
  readonly performer: Performer;
  /** Of the instance that is made. */
  readonly region: string;
}

export interface Bootstrapped {
  readonly account: Account;
  readonly instance: Instance;
  readonly administrator: User;
  /** The only copy there is. */
  readonly apiKey: Sensitive<string>;
  /**
   * To be called once the API key is where the operator will find it. Until this resolves every start makes a new
   * key and deletes the one before, which nobody can have.
   */
  handedOver(): Promise<void>;
}

/**
 * Makes what an installation begins with, or completes what a first start that was killed had begun. Undefined when
 * that has been done and handed over: then nothing is looked at further.
 */
export async function bootstrap(ports: BootstrapPorts): Promise<Bootstrapped | undefined> {
  const { state, region } = ports;
  const existing = await state.read((view) => view.identity.accounts());
  if (existing.some(({ isHandedOver }) => isHandedOver)) return undefined;
  const accountId = existing[0]?.id ?? (await makeAccount(ports, region));
  const work: Work = { ...ports, call: callIn(accountPlace(accountId)) };
  const administrator = await administratorOf(accountId, work);
  await grantOnce(administrator, work);
  const apiKey = await freshKey(administrator, work);
  const { account, instance } = await state.read(async ({ identity }) => ({
    account: await identity.account(accountId),
    instance: (await identity.instances(accountId))[0],
  }));
  invariant(account !== undefined && instance !== undefined, "an account has its instance");
  return {
    account,
    instance,
    administrator,
    apiKey,
    // No event: it changes nothing that anybody but the next start can see.
    handedOver: () =>
      state.transact((tx) => tx.identity.putAccount({ ...account, isHandedOver: true })),
  };
}

/** The doings of this file: who performs, and under which call. */
interface Work {
  readonly state: State;
  readonly performer: Performer;
  readonly call: Call;
}

async function makeAccount(ports: BootstrapPorts, region: string): Promise<string> {
  const work: Work = { ...ports, call: callIn(operatorPlace()) };
  return (await done(work, createAccount, { name: "Keytrail", region })).id;
}

async function administratorOf(account: string, work: Work): Promise<User> {
  const there = await work.state.read((view) =>
    view.identity.userByEmail(account, ADMINISTRATOR_EMAIL),
  );
  const input = { email: ADMINISTRATOR_EMAIL, name: "Administrator", isOwner: true };
  return there ?? done(work, createUser, input);
}

async function grantOnce({ account, iamId }: User, work: Work): Promise<void> {
  const policies = await work.state.read((view) => view.identity.administration(account));
  if (policies.some(({ subject }) => subject === iamId)) return;
  await done(work, createPolicy, { subject: iamId, roles: ADMINISTRATOR_ROLES, resource: {} });
}

/** Keys of earlier starts were never handed over: nobody can have them, and they go. */
async function freshKey({ account, iamId }: User, work: Work): Promise<Sensitive<string>> {
  const all = { offset: 0, limit: MAX_API_KEYS_PER_IDENTITY };
  const keys = await work.state.read((view) => view.identity.apiKeys(account, iamId, all));
  for (const { id } of keys.items) await done(work, deleteApiKey, { id });
  const made = await done(work, createApiKey, { iamId, name: ADMINISTRATOR_KEY_NAME });
  return made.value;
}

/** Performs what cannot be refused here; that it was is a bug. */
async function done<Input extends object, Output extends object>(
  { performer, call }: Work,
  operation: Operation<Input, unknown, Output>,
  input: Input,
): Promise<Output> {
  const performed = await performer.perform(operation, call, () => input);
  if (performed.kind === "refused") throw performed.refusal;
  return performed.output;
}

function callIn(place: Place): Call {
  const id = randomId();
  return {
    caller: { kind: "internal", job: "bootstrap" },
    dialect: "internal",
    place,
    host: { address: "", addressType: "", agent: "" },
    requestId: id,
    correlationId: id,
    about: null,
  };
}
