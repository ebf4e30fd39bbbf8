/** Who is given an operation on a target, and by what: every policy in force, followed to the identities behind it. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { OperationName } from "../../audit/catalogue.ts";
import { parseCrn } from "../../audit/crn.ts";
import { policyGives } from "../../identity/access.ts";
import {
  PUBLIC_ACCESS_GROUP,
  isAccessGroupId,
  type AccessGroup,
  type GroupRule,
  type Member,
} from "../../identity/access-group.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import type { Policy } from "../../identity/policy.ts";
import { isForOneself, isOwnMatter, permissionsOf, type RoleName } from "../../identity/roles.ts";
import { MAX_LIST_LIMIT, type Listed, type Window } from "../../identity/store.ts";
import { isUserId } from "../../identity/user.ts";
import type { Millis } from "../../kernel/clock.ts";
import { isOwnersAlways } from "../admission.ts";
import {
  groupName,
  namesOfPrincipal,
  type InGroup,
  type Names,
} from "../judgement/document-names.ts";
import type { View } from "../state.ts";
import { resourceFor, type AccessTarget } from "./access-target.ts";
import { DocumentRules, isAlways, type DocumentSaid } from "./document-rules.ts";
import { insiderFor, SecretPolicy, type Insider, type Said } from "./secret-policy.ts";

/** Ways by which one identity may do it that an answer shows; there are rarely more than two. */
export const MAX_PATHS_PER_IDENTITY = 20;
/** Policies that are looked at in one turn of the event loop. */
const POLICIES_PER_TURN = 500;
/** Identities that are looked up in one. */
const IDENTITIES_PER_TURN = 50;

/** The group by which an identity has a policy. */
export interface Via {
  readonly group: string;
  readonly name: string;
  /** `public`: everyone in the account is in it, while the account's settings say so. */
  readonly membership: "static" | "dynamic" | "public";
  /** When a membership that a login gave ends. */
  readonly until: Millis | null;
}

/** One reason why an identity may do it. */
export type AccessPath = { readonly operations: readonly OperationName[] } & (
  | {
      readonly kind: "policy";
      readonly policy: string;
      /** Those of its roles that give the operation. */
      readonly roles: readonly RoleName[];
      readonly resource: PolicyResource;
      readonly via: Via | null;
    }
  /** The target is its own: a user, or a key of it. */
  | { readonly kind: "own-matter" }
  /** The account's settings let every user. */
  | { readonly kind: "setting"; readonly setting: "restrict_create_service_id" }
  /** The policy of the secret lets it in. */
  | ({ readonly kind: "resource-policy" } & Omit<Said, "operations">)
  /** A policy document does. */
  | {
      readonly kind: "document";
      readonly document: string;
      readonly permission: string;
      readonly isConditional: boolean;
      readonly via: Via | null;
    }
  /** The account is its own. */
  | { readonly kind: "owner" }
);

/** A login that meets the rule's conditions would give a membership, and with it the operation. */
export interface RuleThatGives {
  readonly group: AccessGroup;
  readonly rule: GroupRule;
}

export interface Found {
  /** What the policy of the secret keeps identities from, sometimes, that they may do by the paths. */
  readonly limits: ReadonlyMap<string, readonly Said[]>;
  /** The same of policy documents: from some addresses, or in a part of the target. */
  readonly documentLimits: ReadonlyMap<string, readonly DocumentSaid[]>;
  /** By IAM id; at most MAX_PATHS_PER_IDENTITY of each. Also of identities that are disabled. */
  readonly paths: ReadonlyMap<string, readonly AccessPath[]>;
  readonly rules: readonly RuleThatGives[];
}

export interface Question {
  readonly operations: readonly OperationName[];
  readonly target: AccessTarget;
  readonly account: string;
  readonly view: View;
  readonly now: Millis;
}

/** Bounded by what an account may hold of policies and identities; the event loop is let go between any two parts. */
export async function findGrants(question: Question): Promise<Found> {
  const search = new GrantSearch(question);
  await search.run();
  return search;
}

class GrantSearch implements Found {
  readonly paths = new Map<string, AccessPath[]>();
  readonly limits = new Map<string, readonly Said[]>();
  readonly documentLimits = new Map<string, readonly DocumentSaid[]>();
  readonly rules: RuleThatGives[] = [];
  readonly #question: Question;
  readonly #groupsWithRules = new Set<string>();

  constructor(question: Question) {
    this.#question = question;
  }

  async run(): Promise<void> {
    await this.#addPolicies();
    await this.#addOwner();
    await this.#addSetting();
    const documents = await this.#documents();
    if (documents?.isLettingIn) await this.#addLetInByDocuments(documents);
    const { target, operations } = this.#question;
    const policy = SecretPolicy.of(target, operations);
    if (policy) {
      await this.#addLetIn(policy);
      await this.#removeKeptOut(policy);
    }
    if (documents) await this.#removeKeptOutByDocuments(documents);
    await this.#addAccountOwner();
  }

  #documents(): Promise<DocumentRules | undefined> {
    const { target } = this.#question;
    const id = parseCrn(target.crn)?.id ?? "";
    return DocumentRules.of({ ...this.#question, target: { ...target, id } });
  }

  /** By their own names, and by those of their groups; and who would be a member of such a group. */
  async #addLetInByDocuments(documents: DocumentRules): Promise<void> {
    const { account, view, now } = this.#question;
    for await (const iamId of everyone(this.#question)) {
      const names = await this.#namesOf(iamId);
      for (const said of names ? documents.lettingIn(names) : []) {
        const { operations, document, permission, isConditional } = said;
        const via = said.via && viaOf(said.via);
        this.#add(iamId, {
          kind: "document",
          operations,
          document,
          permission,
          isConditional,
          via,
        });
      }
    }
    const groups = paged((window) => view.groups.groups(account, { now }, window));
    for await (const group of groups) {
      if (documents.letsIn(groupName(group.name))) await this.#addRules(group);
    }
  }

  /** Last of all: what a document denies, nothing else gives. */
  async #removeKeptOutByDocuments(documents: DocumentRules): Promise<void> {
    let looked = 0;
    for (const iamId of this.paths.keys()) {
      const names = await this.#namesOf(iamId);
      const all = names ? documents.keepingOut(names) : [];
      const never = new Set(all.filter(isAlways).flatMap(({ operations }) => operations));
      this.#remove(iamId, never.difference(this.#anyonesIn(iamId)));
      const sometimes = all.filter((said) => !isAlways(said));
      if (sometimes.length > 0) this.documentLimits.set(iamId, sometimes);
      if (++looked % IDENTITIES_PER_TURN === 0) await nextTurn();
    }
  }

  /** What nobody needs to be let in for: no document is asked. */
  #anyonesIn(iamId: string): ReadonlySet<OperationName> {
    const paths = this.paths.get(iamId) ?? [];
    const open = paths.filter(({ kind }) => kind === "own-matter" || kind === "setting");
    return new Set(open.flatMap(({ operations }) => operations));
  }

  async #namesOf(iamId: string): Promise<Names | undefined> {
    const { account, view, now } = this.#question;
    const principal = await view.identity.principal(account, iamId);
    return principal && namesOfPrincipal(principal, view, now);
  }

  /** What could change who may what is the owner's, whatever stands in it. */
  async #addAccountOwner(): Promise<void> {
    const { account, view } = this.#question;
    const operations = this.#question.operations.filter(isOwnersAlways);
    if (operations.length === 0) return;
    for await (const user of paged((window) => view.identity.users(account, window))) {
      if (user.isOwner) this.#add(user.iamId, { kind: "owner", operations });
    }
  }

  /** Whom the policy of the secret lets in without a role. */
  async #addLetIn(policy: SecretPolicy): Promise<void> {
    const named = policy.isForAnyone ? everyone(this.#question) : policy.named;
    for await (const iamId of named) {
      const insider = await insiderOf(iamId, this.#question);
      if (!insider) continue;
      for (const said of policy.lettingIn(insider)) {
        this.#add(iamId, { kind: "resource-policy", ...said });
      }
    }
  }

  /** Whom it keeps out, whatever lets them in; by a statement with conditions, sometimes. */
  async #removeKeptOut(policy: SecretPolicy): Promise<void> {
    let looked = 0;
    for (const iamId of this.paths.keys()) {
      const insider = await insiderOf(iamId, this.#question);
      const all = insider ? policy.keepingOut(insider) : [];
      const isEver = (said: Said): boolean => !said.isConditional && said.session === null;
      this.#remove(iamId, new Set(all.filter(isEver).flatMap(({ operations }) => operations)));
      const sometimes = all.filter((said) => !isEver(said));
      if (sometimes.length > 0) this.limits.set(iamId, sometimes);
      if (++looked % IDENTITIES_PER_TURN === 0) await nextTurn();
    }
  }

  #remove(iamId: string, never: ReadonlySet<OperationName>): void {
    const left = (this.paths.get(iamId) ?? []).flatMap((path) => {
      const operations = path.operations.filter((name) => !never.has(name));
      return operations.length === 0 ? [] : [{ ...path, operations }];
    });
    if (left.length === 0) this.paths.delete(iamId);
    else this.paths.set(iamId, left);
  }

  async #addPolicies(): Promise<void> {
    const { account, view } = this.#question;
    for (let after = ""; ;) {
      const policies = await view.identity.policiesInForce(account, after, POLICIES_PER_TURN);
      for (const policy of policies) await this.#addPolicy(policy);
      const last = policies.at(-1);
      if (last === undefined || policies.length < POLICIES_PER_TURN) return;
      after = last.id;
      await nextTurn();
    }
  }

  async #addPolicy(policy: Policy): Promise<void> {
    const operations = this.#question.operations.filter((operation) =>
      policyGives(policy, operation, resourceFor(operation, this.#question.target)),
    );
    if (operations.length === 0) return;
    const roles = policy.roles.filter((role) =>
      operations.some((operation) => permissionsOf(role).has(operation)),
    );
    const { id, resource, subject } = policy;
    const path = { kind: "policy", operations, policy: id, roles, resource } as const;
    if (isAccessGroupId(subject)) await this.#addGroup(subject, path);
    else this.#addGranted(subject, { ...path, via: null });
  }

  async #addGroup(id: string, path: Omit<AccessPath & { kind: "policy" }, "via">): Promise<void> {
    const { account, view, now } = this.#question;
    const group = await view.groups.group(account, id);
    if (!group) return;
    const { name } = group;
    if (id === PUBLIC_ACCESS_GROUP) {
      if (!(await view.identity.settings(account)).publicAccess) return;
      const via: Via = { group: id, name, membership: "public", until: null };
      for await (const iamId of everyone(this.#question)) this.#addGranted(iamId, { ...path, via });
      return;
    }
    const members = paged((window) => view.groups.members({ account, group: id }, { now }, window));
    for await (const member of members) {
      const via: Via = { group: id, name, ...membershipOf(member) };
      this.#addGranted(member.iamId, { ...path, via });
    }
    await this.#addRules(group);
  }

  async #addRules(group: AccessGroup): Promise<void> {
    const { account, view } = this.#question;
    if (this.#groupsWithRules.has(group.id)) return;
    this.#groupsWithRules.add(group.id);
    for (const rule of await view.groups.rules(account, group.id)) this.rules.push({ group, rule });
  }

  /** A trusted profile has nothing of its own: what it may do is what it was given. */
  async #addOwner(): Promise<void> {
    const { target, operations, account, view } = this.#question;
    if (target.owner === undefined || !isUserId(target.owner)) return;
    const { restrictCreateApiKey } = await view.identity.settings(account);
    const own = operations
      .filter(isOwnMatter)
      .filter((one) => one !== "user-apikey.create" || restrictCreateApiKey !== "RESTRICTED");
    if (own.length > 0) this.#add(target.owner, { kind: "own-matter", operations: own });
  }

  async #addSetting(): Promise<void> {
    const { operations, target, account, view } = this.#question;
    if (target.kind !== "account" || !operations.includes("serviceid.create")) return;
    const settings = await view.identity.settings(account);
    if (settings.restrictCreateServiceId === "RESTRICTED") return;
    const setting = "restrict_create_service_id";
    const path: AccessPath = { kind: "setting", operations: ["serviceid.create"], setting };
    const users = paged((window) => view.identity.users(account, window));
    for await (const { iamId } of users) this.#add(iamId, path);
  }

  /** Without the roles by which the identity may do it to what is its own, where the target is somebody else's. */
  #addGranted(iamId: string, path: AccessPath & { readonly kind: "policy" }): void {
    const { owner = iamId } = this.#question.target;
    const roles = path.roles.filter((role) => owner === iamId || !isForOneself(role));
    const operations = path.operations.filter((operation) =>
      roles.some((role) => permissionsOf(role).has(operation)),
    );
    if (operations.length > 0) this.#add(iamId, { ...path, roles, operations });
  }

  #add(iamId: string, path: AccessPath): void {
    const paths = this.paths.get(iamId);
    if (!paths) this.paths.set(iamId, [path]);
    else if (paths.length < MAX_PATHS_PER_IDENTITY) paths.push(path);
  }
}

function membershipOf({ rule, expiresAt }: Member): Pick<Via, "membership" | "until"> {
  return { membership: rule === null ? "static" : "dynamic", until: expiresAt };
}

function viaOf({ group: { id, name }, member }: InGroup): Via {
  return { group: id, name, ...membershipOf(member) };
}

async function insiderOf(iamId: string, { account, view }: Question): Promise<Insider | undefined> {
  const found = await view.identity.principal(account, iamId);
  return found && insiderFor(found);
}

async function* everyone({ account, view }: Question): AsyncGenerator<string> {
  for await (const { iamId } of paged((part) => view.identity.users(account, part))) yield iamId;
  for await (const { iamId } of paged((part) => view.identity.serviceIds(account, part))) {
    yield iamId;
  }
  const profiles = paged((part) => view.profiles.profiles(account, undefined, part));
  for await (const { iamId } of profiles) yield iamId;
}

/** Every item of a list, a page in each turn of the event loop. */
async function* paged<T>(list: (window: Window) => Promise<Listed<T>>): AsyncGenerator<T> {
  for (let offset = 0; ; offset += MAX_LIST_LIMIT) {
    const { items } = await list({ offset, limit: MAX_LIST_LIMIT });
    yield* items;
    if (items.length < MAX_LIST_LIMIT) return;
    await nextTurn();
  }
}
