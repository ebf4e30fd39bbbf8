/**
 * Making a client: a service ID that a role trusts, with a secret by which it logs in as the role. The secret leaves
 * once: in the answer, or to whoever comes first to an address that is handed out in its place.
 */
import type { ApiKey } from "../../identity/api-key.ts";
import {
  CLIENT,
  DEFAULT_ADDRESS_TTL_S,
  MAX_ADDRESS_TTL_S,
  MAX_CLIENT_TTL_S,
  MAX_CLIENTS_PER_ROLE,
  MAX_USES_LIMIT,
  type Client,
} from "../../identity/client.ts";
import { MAX_SERVICE_IDS_PER_ACCOUNT, type ServiceId } from "../../identity/service-id.ts";
import type { ProfileIdentity, TrustedProfile } from "../../identity/trusted-profile.ts";
import { newItem } from "../../items/item.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { keyTarget } from "../identity/api-key-events.ts";
import { newApiKey } from "../identity/api-keys.ts";
import { assertRoom, inAccount, targetOf } from "../identity/find.ts";
import { newlyNamed, serviceIdTarget } from "../identity/service-ids.ts";
import { handOf } from "../items/hand.ts";
import { callerId, changeOperation, type Context, type Located } from "../operation.ts";
import { locatedIn, profileTarget } from "../profiles/find.ts";
import type { Transaction, View } from "../state.ts";
import { addressCode, hashOfCode } from "./address.ts";
import { shownClient, type ShownClient } from "./client-shown.ts";

export interface CreateClientInput {
  /** The name of the role. */
  readonly role: string;
  readonly description?: string | undefined;
  /** How long it is good, in seconds; without one, or with none, for good. */
  readonly ttlS?: number | undefined;
  /** How often it may log in; without one, or with none, as often as it likes. */
  readonly usesLimit?: number | undefined;
  /** Whether the secret is fetched by an address, instead of being answered. */
  readonly byAddress?: boolean | undefined;
  readonly addressTtlS?: number | undefined;
}

interface NewClient {
  readonly serviceId: ServiceId;
  readonly key: ApiKey;
  readonly role: TrustedProfile;
}

export interface CreatedClient extends ShownClient {
  /** Null where it is fetched by an address. */
  readonly secret: Sensitive<string> | null;
  /** What nobody can guess of the address. */
  readonly code: Sensitive<string> | null;
}

/** Takes the right to let somebody act as the role besides the one to make service IDs. */
export const createClient = changeOperation<CreateClientInput, NewClient, CreatedClient>({
  name: "serviceid.create",
  async locate(input, context) {
    const { call, store, now } = context;
    assertTerms(input);
    const { account } = call.place;
    const role = await store.profiles.profileByName(account, input.role);
    if (!role) return withoutRole(context);
    const { description } = input;
    const name = `client of ${role.name}`.slice(0, MAX_CLIENT_NAME_CHARS);
    const serviceId = newlyNamed({ name, description }, context);
    const made = newApiKey(serviceId, { name: "client secret" }, context);
    const { ttlS = 0 } = input;
    const key = { ...made, expiresAt: ttlS > 0 ? now + ttlS * 1_000 : null };
    const expiresAt = key.expiresAt === null ? undefined : toRfc3339(key.expiresAt);
    const located = inAccount("serviceid.create", call, {
      target: serviceIdTarget(serviceId),
      subject: { serviceId, key, role },
      facts: { lock: false, instance_name: serviceId.name, role: role.name, expiresAt },
    });
    return { ...located, refusal: refusalToActAs(role, context) };
  },
  async run(input, { subject }, context) {
    const { store } = context;
    const { serviceId, role } = subject;
    const one = { offset: 0, limit: 1 };
    const { totalCount } = await store.identity.serviceIds(serviceId.account, one);
    assertRoom(totalCount, MAX_SERVICE_IDS_PER_ACCOUNT, "service IDs in an account");
    await store.identity.putServiceId(serviceId);
    await trustClient({ serviceId, role }, context);
    const { secret, code, client } = await withSecret(input, subject, context);
    const { account, id } = serviceId;
    const item = newItem(CLIENT, { account, id, name: id, content: client }, handOf(context));
    await store.items.putItem(item);
    return { ...(await shownClient(serviceId, context)), secret, code };
  },
});

/** Of a name that stands before that of a role. */
const MAX_CLIENT_NAME_CHARS = 255;

/** For those who may make clients; of a role that was deleted, too, no more is said. */
function withoutRole({ call }: Context<View>): Located<NewClient> {
  const sentence = "There is no role of this name.";
  const subject = null as never;
  return {
    ...inAccount("serviceid.create", call, { target: null, subject }),
    refusal: new Refusal("invalid_request", sentence, { field: "role" }),
  };
}

function assertTerms({ ttlS, usesLimit, byAddress = false, addressTtlS }: CreateClientInput): void {
  assertWithin(ttlS, "ttl", MAX_CLIENT_TTL_S);
  assertWithin(usesLimit, "usesLimit", MAX_USES_LIMIT);
  assertWithin(addressTtlS, "urlTTL", MAX_ADDRESS_TTL_S);
  if (byAddress || !addressTtlS) return;
  throw new Refusal("invalid_request", "`urlTTL` goes with `url`.", { field: "urlTTL" });
}

function assertWithin(value: number | undefined, field: string, max: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0 && value <= max)) return;
  const sentence = `\`${field}\` is a whole number between 0 and ${max}.`;
  throw new Refusal("invalid_request", sentence, { field });
}

/** Whoever has a client's secret is its role: to make one is to trust somebody. */
export function refusalToActAs(role: TrustedProfile, context: Context<View>): Refusal | undefined {
  const permission = "profile-identity.add";
  const located: Located<null> = locatedIn(permission, { profile: role, subject: null }, context);
  return context.judge({ permission, located, input: {} });
}

async function trustClient(
  { serviceId, role }: Pick<NewClient, "serviceId" | "role">,
  { store, now, caller, call, also }: Context<Transaction>,
): Promise<void> {
  const { account, id: profile } = role;
  const { iamId: identifier, description } = serviceId;
  const trusted = await store.profiles.profileIdentities(account, profile);
  assertRoom(trusted.length, MAX_CLIENTS_PER_ROLE, "clients of a role");
  const identity: ProfileIdentity = {
    account,
    profile,
    kind: "serviceid",
    identifier,
    description,
    createdAt: now,
    createdBy: callerId(caller),
  };
  await store.profiles.putProfileIdentity(identity);
  also({
    operation: "profile-identity.add",
    target: targetOf(call, profileTarget(role)),
    input: { id: profile, identityType: "serviceid", identifier },
    output: {},
  });
}

/** One that is fetched by an address is made when it is: nothing of it lies anywhere until then. */
async function withSecret(
  { ttlS = 0, usesLimit = 0, byAddress = false, addressTtlS = 0 }: CreateClientInput,
  { key, role, serviceId }: NewClient,
  { store, capabilities, call, also, now }: Context<Transaction>,
): Promise<Pick<CreatedClient, "secret" | "code"> & { readonly client: Client }> {
  const made = capabilities.credentials.makeClientSecret();
  await store.identity.putApiKey(key, made.hash);
  also({
    operation: "serviceid-apikey.create",
    target: targetOf(call, keyTarget(key)),
    input: { name: key.name, iamId: serviceId.iamId, lock: false },
    output: { id: key.id },
  });
  const code = byAddress ? addressCode() : null;
  const urlTtlS = addressTtlS || DEFAULT_ADDRESS_TTL_S;
  const client: Client = {
    role: { id: role.id, name: role.name },
    secret: { apiKey: key.id, hash: made.hash },
    ttlS: ttlS || null,
    usesLimit: usesLimit || null,
    usedCount: 0,
    address: code && {
      hash: hashOfCode(code),
      ttlS: urlTtlS,
      expiresAt: now + urlTtlS * 1_000,
      usedAt: null,
    },
    parts: null,
  };
  return { secret: code ? null : made.value, code, client };
}
