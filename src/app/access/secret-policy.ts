/**
 * What the policy of a secret means for those of its account, whoever asks when and from where: conditions are not known
 * before a call is made, so what has one holds sometimes.
 */
import { secretArn, accountNumber } from "../../audit/render/cloudtrail-arn.ts";
import type { OperationName } from "../../audit/catalogue.ts";
import { isAbout, meansOf } from "../../identity/statements/decide.ts";
import type { PolicyDocument, Statement } from "../../identity/statements/document.ts";
import type { Principal as Named, Whom } from "../../identity/statements/principals.ts";
import type { Principal } from "../../identity/api-key.ts";
import type { Secret } from "../../secrets/secret.ts";
import { OWNERS_OWN } from "../admission.ts";
import { actionOf, ALSO } from "../judgement/judge.ts";
import { policyInForce } from "../judgement/policies-in-force.ts";
import type { AccessTarget } from "./access-target.ts";

/** A statement of the policy as it bears on one identity. */
export interface Said {
  readonly operations: readonly OperationName[];
  /** Its number, from 1. */
  readonly statement: number;
  readonly sid: string | null;
  /** It has conditions: whether they are met is seen call by call. */
  readonly isConditional: boolean;
  /** Of a session of this name alone. */
  readonly session: string | null;
}

/** Somebody of the secret's account. */
export interface Insider {
  readonly iamId: string;
  readonly kind: Principal["kind"];
  readonly isOwner: boolean;
}

export function insiderFor(identity: Principal): Insider {
  const { iamId, kind } = identity;
  return { iamId, kind, isOwner: identity.kind === "user" && identity.isOwner };
}

export class SecretPolicy {
  /** Whether anybody, not named, may be let in: then everybody has to be asked about. */
  readonly isForAnyone: boolean;
  /** The IAM ids that statements name which let in. */
  readonly named: ReadonlySet<string>;
  readonly #statements: readonly Statement[];
  readonly #arn: string;
  readonly #account: string;
  readonly #operations: readonly OperationName[];
  /** Kept, and no policy any more: everybody is denied. */
  readonly #isUnreadable: boolean;

  private constructor(
    policy: PolicyDocument | "unreadable",
    { target, secret, operations }: Asked,
  ) {
    this.#isUnreadable = policy === "unreadable";
    this.#statements = policy === "unreadable" ? [] : policy.statements;
    this.#arn = secretArn(target.place, secret);
    this.#account = accountNumber(target.place.account);
    this.#operations = operations;
    const letIn = this.#lettingIn().flatMap(({ principals }) => (principals ? [principals] : []));
    const whom = letIn.filter(({ isNot }) => !isNot).flatMap((one) => one.whom);
    this.isForAnyone =
      letIn.some(({ isNot }) => isNot) || whom.some(({ kind }) => kind === "anyone");
    this.named = new Set(whom.flatMap((one) => (one.kind === "id" ? [idIn(one.id)] : [])));
  }

  /** Undefined for what has no policy. */
  static of(target: Target, operations: readonly OperationName[]): SecretPolicy | undefined {
    const { secret } = target;
    if (!secret || secret.resourcePolicy === null) return undefined;
    const policy = policyInForce(secret.resourcePolicy, "resource");
    return new SecretPolicy(policy, { target, secret, operations });
  }

  get size(): number {
    return this.#statements.length;
  }

  /** Those that let the insider in, without any role. */
  lettingIn(insider: Insider): readonly Said[] {
    return this.#saidOf(insider, "Allow").filter(({ operations }) => operations.length > 0);
  }

  /** Those that keep it out, whatever roles it has. */
  keepingOut(insider: Insider): readonly Said[] {
    if (this.#isUnreadable) {
      const operations = deniable(this.#operations, insider);
      return [{ operations, statement: 0, sid: null, isConditional: false, session: null }];
    }
    return this.#saidOf(insider, "Deny").flatMap((said) => {
      const operations = deniable(said.operations, insider);
      return operations.length === 0 ? [] : [{ ...said, operations }];
    });
  }

  /** Whom it lets in of other accounts, where those give it to them too; `*` for everybody. */
  outsiders(isInside: (iamId: string) => boolean): readonly string[] {
    const outside = this.#lettingIn().flatMap(({ principals }) => {
      if (!principals) return [];
      return principals.isNot ? ["*"] : principals.whom.flatMap((one) => this.#outside(one));
    });
    return [...new Set(outside)].filter((one) => !isInside(idIn(one)));
  }

  #outside(one: Whom): readonly string[] {
    switch (one.kind) {
      case "anyone":
        return ["*"];
      case "account":
        return one.account === this.#account ? [] : [one.account];
      case "arn":
        return one.arn.split(":")[4] === this.#account ? [] : [one.arn];
      case "id":
        return [one.id];
      case "elsewhere":
        return [];
    }
  }

  #lettingIn(): readonly Statement[] {
    return this.#statements.filter(
      (one) => one.effect === "Allow" && this.#operations.some((name) => this.#speaksOf(one, name)),
    );
  }

  #saidOf(insider: Insider, effect: Statement["effect"]): readonly Said[] {
    return this.#statements.flatMap((one, i) => {
      const session = one.effect === effect ? this.#reaches(one, insider) : undefined;
      if (session === undefined) return [];
      const operations = this.#operations.filter((name) => this.#speaksOf(one, name));
      const isConditional = one.conditions.length > 0 || hasVariables(one);
      const { sid } = one;
      return operations.length === 0
        ? []
        : [{ operations, statement: i + 1, sid, isConditional, session }];
    });
  }

  /** Undefined if it does not; null if as a whole; else in which of its sessions. */
  #reaches(one: Statement, insider: Insider): string | null | undefined {
    const means = meansOf(one, this.#principalOf(insider));
    // What is allowed to an account is for the account to give: by its roles, which are looked at beside.
    const isReached = one.effect === "Deny" ? means !== undefined : DIRECT.has(means ?? null);
    if (isReached) return null;
    const whom = one.principals?.isNot === false ? one.principals.whom : [];
    const ids = whom.flatMap((each) => (each.kind === "id" ? [each.id] : []));
    const ofSession = ids.find((id) => id.startsWith(`${insider.iamId}:`));
    return ofSession?.slice(insider.iamId.length + 1);
  }

  #principalOf({ iamId, kind, isOwner }: Insider): Named {
    return {
      kind: isOwner ? "root" : kind === "profile" ? "role" : "user",
      account: this.#account,
      // Policies are kept with ids.
      arn: "",
      identity: "",
      id: iamId,
      sessionId: null,
    };
  }

  /** Of what takes two actions a denial of either, and an Allow only beside one of the other. */
  #speaksOf(statement: Statement, operation: OperationName): boolean {
    const also = ALSO[operation];
    const isOfIt = this.#speaksOfOne(statement, operation);
    if (also === undefined) return isOfIt;
    if (statement.effect === "Deny") return isOfIt || this.#speaksOfOne(statement, also);
    const allowing = this.#statements.filter(({ effect }) => effect === "Allow");
    return isOfIt && allowing.some((one) => this.#speaksOfOne(one, also));
  }

  #speaksOfOne(statement: Statement, operation: OperationName): boolean {
    // A variable may stand for anything.
    const resources = hasVariables(statement) ? EVERYTHING : statement.resources;
    const asked = { action: actionOf(operation), resource: this.#arn, keys: () => undefined };
    return isAbout({ ...statement, resources }, asked);
  }
}

type Target = Pick<AccessTarget, "place" | "secret">;

interface Asked {
  readonly target: Target;
  readonly secret: Secret;
  readonly operations: readonly OperationName[];
}

const EVERYTHING: Statement["resources"] = { isNot: true, patterns: [] };
const DIRECT: ReadonlySet<string | null> = new Set(["session", "identity", "anyone"]);

function hasVariables({ resources }: Statement): boolean {
  return resources.patterns.some((pattern) => pattern.hasVariables);
}

function idIn(id: string): string {
  return id.split(":")[0] ?? id;
}

/** Nothing keeps the owner from the policy itself. */
function deniable(
  operations: readonly OperationName[],
  { isOwner }: Insider,
): readonly OperationName[] {
  return isOwner ? operations.filter((name) => !OWNERS_OWN.has(name)) : operations;
}
