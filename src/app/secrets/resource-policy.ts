/** The policy that is attached to a secret: read, set, taken away, and looked at before it is set. */
import { isPublic } from "../../identity/statements/breadth.ts";
import { parsePolicy, type PolicyDocument } from "../../identity/statements/document.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation, readOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import {
  evenDeleted,
  locatedInstance,
  locatedSecret,
  locateSecret,
  type CalledSecret,
} from "./find.ts";
import { boundToIdentities, namingIdentities } from "./resource-policy-principals.ts";

export interface ResourcePolicyOutput extends NamedSecret {
  /** The JSON text, or null where there is none. */
  readonly resourcePolicy: string | null;
}

export interface PutResourcePolicyInput extends CalledSecret {
  readonly resourcePolicy: string;
  /** Refuses a policy that lets in everybody. */
  readonly blockPublicPolicy?: boolean | undefined;
}

export interface CheckResourcePolicyInput extends Partial<CalledSecret> {
  readonly resourcePolicy: string;
}

/** What is wrong with a policy that can be read. */
export interface PolicyFlaw {
  readonly check: "public" | "locks-out";
  readonly sentence: string;
}

export interface CheckResourcePolicyOutput {
  readonly isSound: boolean;
  readonly flaws: readonly PolicyFlaw[];
}

export const readResourcePolicy = readOperation<CalledSecret, Secret, ResourcePolicyOutput>({
  name: "secret.resource-policy.read",
  locate: async (input, context) => evenDeleted(await locateSecret(input, context)),
  async run(_input, { subject: secret }, { store, call: { place } }) {
    const { resourcePolicy: kept } = secret;
    return {
      place,
      ...namesOf(secret),
      resourcePolicy: kept === null ? null : await namingIdentities(kept, store),
    };
  },
});

/**
 * Replaces the policy there is. One by which whoever sets it could not set the next is refused: the owner of the account,
 * whom no policy keeps from that, may.
 */
export const setResourcePolicy = changeOperation<
  PutResourcePolicyInput,
  Secret,
  ResourcePolicyOutput
>({
  name: "secret.resource-policy.set",
  locate: locateSecret,
  async run(input, { subject }, context) {
    const { resourcePolicy: text, blockPublicPolicy = false } = input;
    const policy = parsePolicy(text, "resource");
    if (blockPublicPolicy && isPublic(policy)) {
      const sentence =
        "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.";
      throw new Refusal("precondition_failed", sentence, { reason: "public-policy" });
    }
    const resourcePolicy = await boundToIdentities(text, context.store);
    if (await locksOut({ ...subject, resourcePolicy }, input, context)) {
      throw new Refusal("precondition_failed", LOCKS_OUT, { reason: "policy-locks-out" });
    }
    const secret = { ...subject, resourcePolicy, updatedAt: context.now };
    await context.store.secrets.updateSecret(secret);
    return { place: context.call.place, ...namesOf(secret), resourcePolicy: text };
  },
});

/** Also where there is none. */
export const deleteResourcePolicy = changeOperation<CalledSecret, Secret, ResourcePolicyOutput>({
  name: "secret.resource-policy.delete",
  locate: async (input, context) => evenDeleted(await locateSecret(input, context)),
  async run(_input, { subject }, { store, now, call: { place } }: Context<Transaction>) {
    if (subject.resourcePolicy === null)
      return { place, ...namesOf(subject), resourcePolicy: null };
    const secret = { ...subject, resourcePolicy: null, updatedAt: now };
    await store.secrets.updateSecret(secret);
    return { place, ...namesOf(secret), resourcePolicy: null };
  },
});

/** For a secret, or for none in particular. What cannot be read as a policy is refused; what is unwise is told. */
export const checkResourcePolicy = readOperation<
  CheckResourcePolicyInput,
  Secret | null,
  CheckResourcePolicyOutput
>({
  name: "secret.resource-policy.check",
  async locate(input, context) {
    const { call } = context;
    if (isOfSecret(input)) return locateSecret(input, context);
    const { place } = call;
    if (place.instance === null) {
      const resource = { service: "secrets-manager", place };
      return {
        target: { place, kind: "", id: "", name: "" },
        resource,
        subject: null,
        inPart: true,
      };
    }
    return { ...locatedInstance(place), subject: null };
  },
  async run(input, { subject: secret }, context) {
    const policy = parsePolicy(input.resourcePolicy, "resource");
    const flaws = [...breadthOf(policy)];
    if (secret && isOfSecret(input)) {
      const resourcePolicy = await boundToIdentities(input.resourcePolicy, context.store);
      if (await locksOut({ ...secret, resourcePolicy }, input, context)) {
        flaws.push({ check: "locks-out", sentence: LOCKS_OUT });
      }
    }
    return { isSound: flaws.length === 0, flaws };
  },
});

function namesOf({ id, name }: Secret): Pick<Secret, "id" | "name"> {
  return { id, name };
}

const LOCKS_OUT =
  "With this policy whoever sets it could not set another one; only the owner of the account may.";

function isOfSecret(
  input: CheckResourcePolicyInput,
): input is CheckResourcePolicyInput & CalledSecret {
  return input.called !== undefined;
}

function breadthOf(policy: PolicyDocument): readonly PolicyFlaw[] {
  if (!isPublic(policy)) return [];
  const sentence = "The resource policy grants broad access: to everybody, without a condition.";
  return [{ check: "public", sentence }];
}

/** Whether the caller, having set the policy, may set another. */
async function locksOut(
  secret: Secret,
  input: Partial<PutResourcePolicyInput>,
  context: Context<View>,
): Promise<boolean> {
  const { caller, call, store } = context;
  const { target, resource } = locatedSecret(call.place, secret, null);
  const permission = "secret.resource-policy.set";
  const refusal = context.judge({
    permission,
    located: { target, resource, policed: secret },
    input,
  });
  if (!refusal || caller.kind !== "identity" || caller.signedBy?.kind === "root") return false;
  const principal = await store.identity.principal(caller.account, caller.id);
  return !(principal?.kind === "user" && principal.isOwner);
}
