/** Members of access groups by the names that documents have for them: `bob`, `users:bob`, `roles:deployers`. */
import { type AccessGroup, type Member } from "../../identity/access-group.ts";
import type { Principal } from "../../identity/api-key.ts";
import { Refusal } from "../../kernel/errors.ts";
import { keepAdministered } from "../identity/administration.ts";
import { principalCalled, principalNamed, userCalled } from "../identity/principal-names.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { addedTo } from "./add-members.ts";
import { locateKnownGroup, type FoundGroup, type NamedKnownGroup } from "./find-known-group.ts";
import { assertMadeByHand, groupTarget } from "./find.ts";
import { assertPartsPerCall, ended } from "./parts.ts";
import { removedFrom } from "./remove-members.ts";

export const MAX_NAMES_PER_CALL = 500;

export interface MembersInput extends NamedKnownGroup {
  readonly members: readonly string[];
}

/** What was done, by the names that were asked for; and of the others, why it was not. */
export interface NamedEndings {
  readonly done: readonly string[];
  readonly refused: readonly { readonly name: string; readonly refusal: Refusal }[];
}

/** Each is added, or refused, by itself, with an event of its own. */
export const addNamedMembers = changeOperation<MembersInput, FoundGroup, NamedEndings>({
  name: "access-group-member.add",
  async locate(input, context) {
    assertPartsPerCall(input.members, { field: "members", max: MAX_NAMES_PER_CALL });
    const located = await locateKnownGroup("access-group-member.add", input, context);
    return { ...located, byParts: true };
  },
  run: ({ members }, { subject: { group } }, context) => addByName(group, members, context),
});

export function addByName(
  group: AccessGroup,
  names: readonly string[],
  context: Context<Transaction>,
): Promise<NamedEndings> {
  return each(names, async (name) => {
    const principal = await ended(() => memberCalled(name, group.account, context.store));
    const member = principal instanceof Refusal ? {} : { iam_id: principal.iamId };
    const output =
      principal instanceof Refusal
        ? principal
        : await ended(() => addedTo(group, { iam_id: principal.iamId }, context));
    const operation = "access-group-member.add";
    context.also({ operation, target: groupTarget(context.call, group), input: member, output });
    return output;
  });
}

/** Each by itself; but none of them where all together would leave the account without an administrator. */
export const removeNamedMembers = changeOperation<MembersInput, FoundGroup, NamedEndings>({
  name: "access-group-member.delete",
  async locate(input, context) {
    assertPartsPerCall(input.members, { field: "members", max: MAX_NAMES_PER_CALL });
    const located = await locateKnownGroup("access-group-member.delete", input, context);
    return { ...located, byParts: true };
  },
  run({ members: names }, { subject: { group }, target }, context) {
    assertMadeByHand(group);
    const operation = "access-group-member.delete";
    return keepAdministered(context, () =>
      each(names, async (name) => {
        const principal = await ended(() => memberCalled(name, group.account, context.store));
        const member = principal instanceof Refusal ? {} : { iam_id: principal.iamId };
        const output =
          principal instanceof Refusal
            ? principal
            : await ended(() => removedFrom(group, principal.iamId, context));
        context.also({ operation, target, input: member, output });
        return output;
      }),
    );
  },
});

async function each(
  names: readonly string[],
  part: (name: string) => Promise<object | Refusal>,
): Promise<NamedEndings> {
  const done: string[] = [];
  const refused: { name: string; refusal: Refusal }[] = [];
  for (const name of names) {
    const ending = await part(name);
    if (ending instanceof Refusal) refused.push({ name, refusal: ending });
    else done.push(name);
  }
  return { done, refused };
}

async function memberCalled(name: string, account: string, view: View): Promise<Principal> {
  const found =
    (await principalCalled(account, name, view)) ?? (await userCalled(account, name, view));
  if (found) return found;
  throw new Refusal("not_found", "There is no such identity in the account.");
}

/** A bare name stands for a user. */
export async function nameOfMember(
  { account, iamId }: Member,
  { identity }: Pick<View, "identity">,
): Promise<string> {
  const principal = await identity.principal(account, iamId);
  if (!principal) return iamId;
  return principal.kind === "user" ? principal.email : principalNamed(principal);
}
