/**
 * Gives an account its administrator back, when nobody can log in who could: asked for by whoever has the data folder,
 * and done by the server at its next start. In one transaction, each part with an event of its own, so that what became
 * of a user stands in the user's own history too.
 */
import { isAddressAllowed } from "../identity/addresses.ts";
import { newApiKeyId, type ApiKey } from "../identity/api-key.ts";
import { newEntityTag } from "../identity/entity-tag.ts";
import { administersAccount, type Policy } from "../identity/policy.ts";
import type { RoleName } from "../identity/roles.ts";
import { MAX_LIST_LIMIT } from "../identity/store.ts";
import { checkedLoginName } from "../identity/text.ts";
import { isLockedOut, noCredentials } from "../identity/user-credentials.ts";
import { HOME_REALM, newUserId, type User } from "../identity/user.ts";
import { randomId } from "../kernel/ids.ts";
import type { Sensitive } from "../kernel/sensitive.ts";
import { ADMINISTRATOR_EMAIL } from "./bootstrap.ts";
import { endSessions } from "./identity/find-user.ts";
import { inAccount, targetOf, type Named } from "./identity/find.ts";
import { forgetKey } from "./identity/second-factor.ts";
import { keepUserVersion } from "./identity/user-versions.ts";
import { callerId, changeOperation, type Consequence, type Context } from "./operation.ts";
import type { Transaction, View } from "./state.ts";

/** What is needed to put an account in order again: not the roles that open secrets or run the installation. */
const RECOVERED_ROLES: readonly RoleName[] = ["Administrator", "Auditor"];

export interface RecoverAdministratorInput {
  /** Of the request. Done again for the same one, nothing is made twice but the API key, which is replaced. */
  readonly request: string;
  /** Who is to administer the account; without it, the first user who does. One who is not there is made. */
  readonly email?: string | undefined;
  /** RFC 3339: when it was asked for. */
  readonly requestedAt: string;
  /** From where the machine itself calls: let in where the account lets in only some addresses. */
  readonly addresses: readonly string[];
}

export interface RecoveredAdministrator {
  readonly iamId: string;
  readonly email: string;
  readonly apikeyId: string;
  /** By which the user administers the account: there before, or made now. */
  readonly policyId: string;
  /** The only copy there is. */
  readonly apiKey: Sensitive<string>;
}

interface Subject {
  readonly user: User;
  readonly isNew: boolean;
}

/**
 * The user is there, active and not locked out; has no second factor, and no password, which would stand alone without
 * it; administers the whole account; and has one new API key. Its sessions are over. What else it has, other API keys
 * above all, stays: whether they are in the wrong hands is for the administrator to see.
 */
export const recoverAdministrator = changeOperation<
  RecoverAdministratorInput,
  Subject,
  RecoveredAdministrator
>({
  name: "administrator.recover",
  async locate({ email }, context) {
    const { call } = context;
    const subject = await subjectOf(email, context);
    const { iamId: id, email: name } = subject.user;
    return inAccount("administrator.recover", call, {
      target: { kind: "user", id, name },
      subject,
    });
  },
  async run(input, { subject }, context) {
    const user = await restoreUser(subject, context);
    await clearCredentials(user, context);
    const { id: policyId } = await restorePolicy(user, context);
    await letIn(input.addresses, user, context);
    const { id: apikeyId, value: apiKey } = await replaceKey(input.request, user, context);
    return { iamId: user.iamId, email: user.email, apikeyId, policyId, apiKey };
  },
});

async function subjectOf(email: string | undefined, context: Context<View>): Promise<Subject> {
  const { store, call, caller, now } = context;
  const { account } = call.place;
  const address = email === undefined ? undefined : checkedLoginName(email);
  const found =
    address === undefined
      ? ((await firstAdministrator(account, store)) ??
        (await store.identity.userByEmail(account, ADMINISTRATOR_EMAIL)))
      : await store.identity.userByEmail(account, address);
  if (found) return { user: found, isNew: false };
  const user: User = {
    kind: "user",
    iamId: newUserId(),
    account,
    email: address ?? ADMINISTRATOR_EMAIL,
    name: "Administrator",
    state: "active",
    isOwner: true,
    realm: HOME_REALM,
    sessionsSince: now,
    createdAt: now,
    createdBy: callerId(caller),
  };
  return { user, isNew: true };
}

/** Of the users with a policy of their own, the one whose policy is the oldest. */
async function firstAdministrator(account: string, { identity }: View): Promise<User | undefined> {
  const policies = await identity.administration(account);
  for (const { subject } of policies.toSorted((a, b) => a.createdAt - b.createdAt)) {
    const principal = await identity.principal(account, subject);
    if (principal?.kind === "user") return principal;
  }
  return undefined;
}

async function restoreUser({ user, isNew }: Subject, context: Context<Transaction>): Promise<User> {
  const { iamId, email, name } = user;
  if (isNew) {
    await context.store.identity.putUser(user);
    await keepUserVersion(user, context);
    tell(context, userNamed(user), {
      operation: "user.create",
      input: { email, name },
      output: user,
    });
    return user;
  }
  const active: User = { ...user, state: "active" };
  const { user: restored, endedSessions } = await endSessions(active, context);
  await keepUserVersion(restored, context, user);
  if (user.state !== "active") {
    const input = { iamId, state: "active" };
    tell(context, userNamed(user), { operation: "user.update", input, output: { endedSessions } });
  }
  return restored;
}

async function clearCredentials(user: User, context: Context<Transaction>): Promise<void> {
  const { store, now } = context;
  const { account, iamId } = user;
  const kept = await store.logins.userCredentials(account, iamId);
  if (!kept) return;
  await store.logins.putUserCredentials(noCredentials(account, iamId));
  const about = { input: { iamId }, output: {} };
  if (isLockedOut(kept, now))
    tell(context, userNamed(user), { operation: "user.unlock", ...about });
  if (kept.totp !== null) {
    await forgetKey(user, context);
    tell(context, userNamed(user), { operation: "user-totp.delete", ...about });
  }
  if (kept.password !== null) {
    tell(context, userNamed(user), { operation: "user-password.delete", ...about });
  }
}

async function restorePolicy(
  { account, iamId }: User,
  context: Context<Transaction>,
): Promise<Policy> {
  const { store, caller, now } = context;
  const administration = await store.identity.administration(account);
  const existing = administration.find(
    (policy) => policy.subject === iamId && administersAccount(policy),
  );
  if (existing) return existing;
  const policy: Policy = {
    id: randomId(),
    account,
    subject: iamId,
    roles: RECOVERED_ROLES,
    resource: {},
    description: "",
    state: "active",
    entityTag: newEntityTag(),
    createdAt: now,
    createdBy: callerId(caller),
    modifiedAt: now,
    modifiedBy: callerId(caller),
  };
  await store.identity.putPolicy(policy);
  const named: Named = { kind: "policy", id: policy.id, name: "" };
  tell(context, named, { operation: "policy.create", input: policy, output: policy });
  return policy;
}

/** Lets in no address but the machine's own: the list is there for a reason, and stays. */
async function letIn(
  addresses: readonly string[],
  { account }: User,
  context: Context<Transaction>,
): Promise<void> {
  const { store, now } = context;
  const settings = await store.identity.settings(account);
  const { allowedIpAddresses: before } = settings;
  const missing = addresses.filter((address) => !isAddressAllowed(before, address));
  if (missing.length === 0) return;
  const allowedIpAddresses = [...before, ...missing];
  const entityTag = newEntityTag();
  await store.identity.putSettings({ ...settings, allowedIpAddresses, entityTag, modifiedAt: now });
  const changes = { allowedIpAddresses };
  const input = { changes, previous: { allowedIpAddresses: before } };
  const named: Named = { kind: "settings", id: account, name: "" };
  tell(context, named, { operation: "identity-settings.update", input, output: {} });
}

/**
 * A key of the same request was made by a start that ended before it had handed the key over: nobody can have it, and
 * it goes. No limit on the number of keys stands in the way of the new one.
 */
async function replaceKey(
  request: string,
  { account, iamId }: User,
  context: Context<Transaction>,
): Promise<ApiKey & { readonly value: Sensitive<string> }> {
  const { store, caller, now, capabilities } = context;
  const name = `recovery ${request}`;
  const all = { offset: 0, limit: MAX_LIST_LIMIT };
  for (const old of (await store.identity.apiKeys(account, iamId, all)).items) {
    if (old.name !== name) continue;
    await store.identity.deleteApiKey(account, old.id);
    const input = { id: old.id };
    tell(context, keyNamed(old), { operation: "user-apikey.delete", input, output: {} });
  }
  const key: ApiKey = {
    id: newApiKeyId(),
    account,
    iamId,
    name,
    description: "",
    accessKeyId: null,
    locked: false,
    disabled: false,
    expiresAt: null,
    actionWhenLeaked: "none",
    supportSessions: false,
    sessionsSince: now,
    entityTag: newEntityTag(),
    createdAt: now,
    createdBy: callerId(caller),
    modifiedAt: now,
  };
  const { value, hash } = capabilities.credentials.makeApiKey();
  await store.identity.putApiKey(key, hash);
  const input = { name, iamId };
  tell(context, keyNamed(key), { operation: "user-apikey.create", input, output: { id: key.id } });
  return { ...key, value };
}

function userNamed({ iamId: id, email: name }: User): Named {
  return { kind: "user", id, name };
}

function keyNamed({ id, name }: ApiKey): Named {
  return { kind: "apikey", id, name };
}

function tell(
  { call, also }: Context<Transaction>,
  named: Named,
  part: Omit<Consequence, "target">,
): void {
  also({ ...part, target: targetOf(call, named) });
}
