/**
 * Finding what an operation on secrets is about, and saying so: the target of its event, the
 * resource of its policy.
 */
import type { TargetRef } from "../../audit/describe.ts";
import type { Place } from "../../audit/crn.ts";
import { arnSuffix } from "../../audit/render/cloudtrail-arn.ts";
import type { Resource } from "../../identity/authorize.ts";
import { Refusal } from "../../kernel/errors.ts";
import { deletionRefusal, replicaRefusal } from "../../secrets/deletion.ts";
import { defaultGroup, DEFAULT_GROUP_ID, type SecretGroup } from "../../secrets/group.ts";
import type { Instance, Secret, SecretType } from "../../secrets/secret.ts";
import type { SecretReader } from "../../secrets/store.ts";
import type { Version, VersionSelector } from "../../secrets/version.ts";
import type { PolicedSecret } from "../judgement/condition-keys.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

export const SERVICE = "secrets-manager";

export function instanceOf(place: Place): Instance {
  if (place.instance === null) throw new Refusal("not_found", "There is no such instance.");
  return { account: place.account, instance: place.instance };
}

/** The instance as a whole, of which a caller may be allowed a part: for lists. */
export function locatedInstance(place: Place): Located<Instance> {
  const target: TargetRef = { place, kind: "", id: "", name: "" };
  return { target, resource: wholeOf(place), subject: instanceOf(place), inPart: true };
}

export function wholeOf(place: Place): Resource {
  return { service: SERVICE, place };
}

/** Whatever is done to a secret, to a version or to a lock of it carries the secret's own name. */
export function locatedSecret<Subject>(
  place: Place,
  secret: PolicedSecret & Pick<Secret, "groupId"> & Partial<Pick<Secret, "deletion">>,
  subject: Subject,
): Located<Subject> {
  const { id, name, groupId, deletion = null, replicaOf = null } = secret;
  return {
    target: { place, kind: "secret", id, name },
    resource: { ...wholeOf(place), secretGroup: groupId },
    policed: secret,
    subject,
    refusal: deletionRefusal({ deletion }),
    changeRefusal: replicaRefusal({ replicaOf }),
  };
}

/** For what may be done also to a secret that waits to be deleted: look at it, restore it, delete it now. */
export function evenDeleted<Subject>(located: Located<Subject>): Located<Subject> {
  return { ...located, refusal: undefined };
}

/** For what may be done to a replica itself: it is made a secret of its own. */
export function ofItsOwn<Subject>(located: Located<Subject>): Located<Subject> {
  return { ...located, changeRefusal: undefined };
}

/** A secret as AWS's clients call it, whatever its type: by its name, or by its ARN, whole or without the suffix. */
export interface CalledSecret {
  readonly id?: undefined;
  readonly name?: undefined;
  /** As it was written; for the record. */
  readonly secretId: string;
  /** The names that this may be, each with the suffix that it then has to have, or none. */
  readonly called: readonly { readonly name: string; readonly suffix: string | null }[];
  /** The id that this may be: nobody takes a secret's place by giving its id to another one as a name. */
  readonly orId?: string | undefined;
}

/** Which secret is meant: by its id, or by its type and name. Whatever else is said of it has to be so. */
export type WhichSecret = (
  | { readonly id: string; readonly name?: undefined; readonly called?: undefined }
  | {
      readonly id?: undefined;
      readonly name: string;
      readonly secretType: SecretType;
      readonly called?: undefined;
    }
  | CalledSecret
) & {
  readonly secretType?: SecretType | undefined;
  readonly secretGroupId?: string | undefined;
};

/** Which says what it is by its form; a name that nothing has is whatever was typed. */
export function isArn(secretId: string): boolean {
  return secretId.startsWith("arn:");
}

export async function locateSecret<Store extends View>(
  input: WhichSecret,
  { store, call }: Context<Store>,
): Promise<Located<Secret>> {
  const secret = await findSecret(store.secrets, call.place, input);
  const located = locatedSecret(call.place, secret, secret);
  // The record has the id of what was found by its name.
  return input.id === undefined ? { ...located, facts: { id: secret.id } } : located;
}

async function findSecret(reader: SecretReader, place: Place, which: WhichSecret): Promise<Secret> {
  if (which.called !== undefined) return findCalled(reader, place, which);
  const at = instanceOf(place);
  const secret =
    which.id === undefined
      ? await reader.secretNamed(at, which.secretType, which.name)
      : await reader.secret(at, which.id);
  const { secretType = secret?.type, secretGroupId = secret?.groupId } = which;
  const isOther = secret?.type !== secretType || secret?.groupId !== secretGroupId;
  if (!secret || isOther) throw noSecret();
  return secret;
}

/** Names are one to a type; where a name alone is that of several secrets, whoever uses it has to say which. */
async function findCalled(
  reader: SecretReader,
  place: Place,
  { called, orId }: CalledSecret,
): Promise<Secret> {
  if (place.instance === null) throw noSecret();
  const at = instanceOf(place);
  const byId = orId === undefined ? undefined : await reader.secret(at, orId);
  if (byId) return byId;
  for (const { name, suffix } of called) {
    const all = await reader.secretsCalled(at, name);
    const found = suffix === null ? all : all.filter(({ id }) => arnSuffix(id) === suffix);
    if (found.length > 1) {
      const sentence = "Several secrets, of different types, have this name: use the ARN of one.";
      throw new Refusal("precondition_failed", sentence, { reason: "ambiguous-name" });
    }
    if (found[0]) return found[0];
  }
  throw noSecret();
}

export interface SecretVersion {
  readonly secret: Secret;
  readonly version: Version;
}

/** One version of a secret, by its id or as `current` or `previous`. */
export type WhichVersion = WhichSecret & VersionSelector;

export async function locateVersion<Store extends View>(
  input: WhichVersion,
  context: Context<Store>,
): Promise<Located<SecretVersion>> {
  const located = await locateSecret(input, context);
  const { subject: secret } = located;
  const version = await context.store.secrets.version(secret, input);
  if (!version) throw new Refusal("not_found", "There is no such version of the secret.");
  return { ...located, subject: { secret, version } };
}

/**
 * As `locateSecret`; and the record says of which type the secret is and in which group, whatever comes of it: of a
 * secret that is gone, or of a failure, whoever is told of it could not find that out.
 */
export async function locateToldSecret<Store extends View>(
  input: WhichSecret,
  context: Context<Store>,
): Promise<Located<Secret>> {
  const located = await locateSecret(input, context);
  return { ...located, facts: { ...located.facts, ...toldOf(located.subject) } };
}

/** The same of a version. */
export async function locateToldVersion<Store extends View>(
  input: WhichVersion,
  context: Context<Store>,
): Promise<Located<SecretVersion>> {
  const located = await locateVersion(input, context);
  return { ...located, facts: { ...located.facts, ...toldOf(located.subject.secret) } };
}

/** What a record says of a secret for those who are told of it. */
export function toldOf({ type, groupId }: Pick<Secret, "type" | "groupId">) {
  return { secretType: type, secretGroupId: groupId } as const;
}

export function noSecret(): Refusal {
  return new Refusal("not_found", "There is no such secret.", { reason: "no-secret" });
}

/** The group with this id, the default one included. */
export async function findGroup(
  reader: SecretReader,
  at: Instance,
  id: string,
): Promise<SecretGroup> {
  const group = id === DEFAULT_GROUP_ID ? defaultGroup(at) : await reader.group(at, id);
  if (!group) throw new Refusal("not_found", "There is no such secret group.");
  return group;
}
