/** Finding the trusted profile that an operation is about. Whatever becomes of its trust has the profile for its target. */
import type { OperationName } from "../../audit/catalogue.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import { Refusal } from "../../kernel/errors.ts";
import { inAccount, type Named } from "../identity/find.ts";
import type { Context, Located } from "../operation.ts";
import type { View } from "../state.ts";

export function profileTarget({ id, name }: TrustedProfile): Named {
  return { kind: "profile", id, name };
}

export async function findProfile(
  id: string,
  { store, call }: Pick<Context<View>, "store" | "call">,
): Promise<TrustedProfile> {
  const profile = await store.profiles.profile(call.place.account, id);
  if (!profile) throw new Refusal("not_found", "There is no such trusted profile.");
  return profile;
}

/** For operations whose subject is the profile itself. */
export async function inProfile(
  operation: OperationName,
  { id }: { readonly id: string },
  context: Context<View>,
): Promise<Located<TrustedProfile>> {
  const profile = await findProfile(id, context);
  return locatedIn(operation, { profile, subject: profile }, context);
}

/** A part of a profile with the profile that it is of. */
export interface PartOf<Part> {
  readonly profile: TrustedProfile;
  readonly part: Part;
}

export function locatedIn<Subject>(
  operation: OperationName,
  {
    profile,
    subject,
    facts,
  }: { readonly profile: TrustedProfile; readonly subject: Subject; readonly facts?: object },
  { call }: Pick<Context<View>, "call">,
): Located<Subject> {
  return inAccount(operation, call, {
    target: profileTarget(profile),
    subject,
    ...(facts === undefined ? {} : { facts }),
  });
}
