/**
 * Logging in as a client: by its id and its secret, as the role that it is of. The role has to trust it still, and each
 * login counts towards how often it may.
 */
import { timingSafeEqual } from "node:crypto";
import { credentialRefusal, loginRefusal, type Credential } from "../../identity/api-key.ts";
import { CLIENT, type Client } from "../../identity/client.ts";
import { isServiceId, type ServiceId } from "../../identity/service-id.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import type { Item } from "../../items/item.ts";
import { utf8 } from "../../kernel/bytes.ts";
import type { Millis } from "../../kernel/clock.ts";
import { trustIn } from "../profiles/trust.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";
import { failed, succeeded, type ClientLogin, type Login } from "./login.ts";

const OPERATION = "client.login";

/** What is known of a secret that was brought: whose it is, as whom that logs in. */
interface Found {
  readonly credential: Credential & { readonly owner: ServiceId };
  readonly item: Item<Client> | undefined;
  readonly profile: TrustedProfile | undefined;
}

/** Whatever is not right, whoever tries hears the same; the record says what it was (`fault`). */
export async function locateByClient<Store extends View>(
  input: ClientLogin,
  context: Context<Store>,
): Promise<Located<Login>> {
  const found = await foundBy(input, context);
  if (!found) return failed(OPERATION, refused(), await tried(input, context));
  const { credential, item, profile } = found;
  const fault = await faultOf(found, context);
  if (fault !== undefined || !item || !profile) {
    return failed(OPERATION, refused(), { credential, fault: fault ?? "client-without-role" });
  }
  const { key } = credential;
  return succeeded(
    OPERATION,
    {
      kind: "good",
      credential,
      profile,
      going: null,
      lifetimeS: key && secondsTo(key.expiresAt, context.now),
      spent: { kind: "client", after: { ...item, content: used(item.content) } },
    },
    { ...context, clientId: input.client_id },
  );
}

function refused() {
  return loginRefusal("client-not-known", "There is no such client, or its secret is not good.");
}

/** By the hash of the secret, which tells a clock nothing; then the id has to be that of whose it is. */
async function foundBy<Store extends View>(
  { client, secret }: ClientLogin,
  { store, capabilities }: Context<Store>,
): Promise<Found | undefined> {
  const hash = capabilities.credentials.hashOfClientSecret(secret);
  const credential = hash === undefined ? undefined : await store.identity.credentialByHash(hash);
  if (!credential || credential.owner.kind !== "serviceid") return undefined;
  const { owner } = credential;
  if (!isSame(client.reveal(), owner.id)) return undefined;
  const item = await store.items.item(CLIENT, owner.account, owner.id);
  const role = item?.content.role;
  const profile = role ? await store.profiles.profile(owner.account, role.id) : undefined;
  return { credential: { ...credential, owner }, item, profile };
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [utf8(one), utf8(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

async function faultOf<Store extends View>(
  { credential, item, profile }: Found,
  { store, now }: Context<Store>,
): Promise<string | undefined> {
  const bad = credentialRefusal(credential, now);
  if (bad) return String(bad.details["reason"]);
  if (!item || item.content.secret?.apiKey !== credential.key?.id) return "client-without-role";
  if (!profile) return "client-role-gone";
  const trust = await trustIn({ profile, credential, session: null }, store.profiles);
  if (!trust) return "client-not-trusted";
  const { usesLimit, usedCount } = item.content;
  return usesLimit !== null && usedCount >= usesLimit ? "client-used-up" : undefined;
}

/** Which client it was tried for, where there is one of that id here: what else was typed is nobody's business. */
async function tried<Store extends View>(
  { client }: ClientLogin,
  { store, call }: Context<Store>,
): Promise<{ readonly attacked?: ServiceId; readonly fault: string }> {
  const id = client.reveal();
  const serviceId = isServiceId(id)
    ? await store.identity.serviceId(call.place.account, id)
    : undefined;
  if (!serviceId) return { fault: "unknown-client" };
  return { attacked: serviceId, fault: "bad-client-secret" };
}

function used(client: Client): Client {
  return { ...client, usedCount: client.usedCount + 1 };
}

/** No session outlives the secret. */
function secondsTo(expiresAt: Millis | null, now: Millis): number | null {
  return expiresAt === null ? null : Math.ceil((expiresAt - now) / 1_000);
}
