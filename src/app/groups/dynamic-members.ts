/** Memberships that a federated login gives, renews and ends, by the rules of access groups. */
import { isInForce, type GroupRule, type Member } from "../../identity/access-group.ts";
import { accountPlace } from "../../identity/account.ts";
import { meetsAll, type Claims } from "../../identity/claims.ts";
import type { User } from "../../identity/user.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import type { Caller } from "../call.ts";
import { callerOf } from "../identity/caller.ts";
import type { Consequence, Context } from "../operation.ts";
import type { Transaction } from "../state.ts";

const HOUR_MS = 60 * 60 * 1_000;

/** What an identity provider vouched for, and the client by which the user logs in. */
export interface Federated {
  readonly realm: string;
  readonly claims: Claims;
  readonly clientId?: string;
}

/**
 * Holds the user's claims against every rule of the realm. A rule that they meet makes the user a member of its group
 * until its hours have passed, counted from now; a membership that is still in force is renewed, which is no event. A
 * rule that they no longer meet takes the membership away now. What is gained and what is lost is recorded as the
 * user's own doing, one event each, none of which repeats a claim.
 */
export async function joinByClaims(
  user: User,
  federated: Federated,
  context: Context<Transaction>,
): Promise<void> {
  const { store, now } = context;
  const rules = await store.groups.rulesOfRealm(user.account, federated.realm);
  const held = await store.groups.membershipsOf(user.account, user.iamId);
  for (const rule of rules) {
    const former = held.find((member) => member.rule === rule.id);
    const going = former && isInForce(former, now) ? former : undefined;
    const joining: Joining = { user, federated, rule, going };
    if (meetsAll(rule.conditions, federated.claims)) await join(joining, context);
    else if (going) await leave(joining, going, context);
  }
}

interface Joining {
  readonly user: User;
  readonly federated: Federated;
  readonly rule: GroupRule;
  /** The membership by this rule that is in force already. */
  readonly going: Member | undefined;
}

async function join(joining: Joining, { store, now, also }: Context<Transaction>): Promise<void> {
  const { user, rule, going } = joining;
  const { account, iamId } = user;
  const expiresAt = now + rule.expirationHours * HOUR_MS;
  await store.groups.putMember({
    account,
    group: rule.group,
    iamId,
    kind: "user",
    rule: rule.id,
    expiresAt,
    createdAt: going?.createdAt ?? now,
    createdBy: going?.createdBy ?? iamId,
  });
  if (going) return;
  also({
    operation: "access-group-member.join",
    target: await targetOf(rule, store),
    input: { iam_id: iamId, rule_id: rule.id, expiration: rule.expirationHours },
    output: { expires_at: toRfc3339(expiresAt) },
    caller: whoever(joining),
  });
}

async function leave(
  joining: Joining,
  going: Member,
  { store, now, also }: Context<Transaction>,
): Promise<void> {
  const { user, rule } = joining;
  await store.groups.putMember({ ...going, expiresAt: now });
  also({
    operation: "access-group-member.delete",
    target: await targetOf(rule, store),
    input: { iam_id: user.iamId, rule_id: rule.id },
    output: {},
    caller: whoever(joining),
  });
}

/** In the account of the rule: a login may have been addressed to another, or to none. */
async function targetOf(
  { account, group: id }: GroupRule,
  { groups }: Transaction,
): Promise<Consequence["target"]> {
  const group = await groups.group(account, id);
  return { place: accountPlace(account), kind: "groups", id, name: group?.name ?? "" };
}

/** The session is not open yet: it is the login that makes the user a member. */
function whoever({ user, federated: { clientId = "" } }: Joining): Caller {
  const session = { id: "", beganAt: 0, isKept: false };
  return callerOf({ credential: { key: null, owner: user }, profile: null, session, clientId });
}
