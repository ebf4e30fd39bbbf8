/** Trusted profiles by the names that wires without ids have for them. */
import { isPlainName } from "../../identity/text.ts";
import { isProfileId, type TrustedProfile } from "../../identity/trusted-profile.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";

/** By its name, or by its id where that is what `profileCallName` says. */
export async function profileCalled(
  name: string,
  { store, call }: Pick<Context<View>, "store" | "call">,
): Promise<TrustedProfile> {
  const { account } = call.place;
  const profile = isProfileId(name)
    ? await store.profiles.profile(account, name)
    : await store.profiles.profileByName(account, name);
  if (!profile)
    throw new Refusal("not_found", "There is no trusted profile, or role, of this name.");
  return profile;
}

/** Some names have characters that these wires have not. */
export function profileCallName({ name, id }: TrustedProfile): string {
  return isPlainName(name) ? name : id;
}
