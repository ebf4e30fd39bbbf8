/** The access groups that somebody is in, by the name of whoever that is. */
import type { AccessGroup } from "../../identity/access-group.ts";
import { inAccount, placeOf, windowOf, type ListInput } from "../identity/find.ts";
import { held } from "../identity/policy-holders.ts";
import type { Slice } from "../identity/list-parts.ts";
import { readOperation } from "../operation.ts";

export interface ListJoinedInput extends ListInput {
  readonly userName: string;
}

/** By hand, or by a login that lasts; the one that everybody is in is left out. A user may see its own. */
export const listJoinedGroups = readOperation<ListJoinedInput, string, Slice<AccessGroup>>({
  name: "access-group.joined.list",
  async locate({ userName }, context) {
    const { holder, target } = await held({ userName }, context);
    const { iamId } = holder;
    return inAccount("access-group.joined.list", context.call, {
      target,
      subject: iamId,
      owner: iamId,
    });
  },
  async run(input, { subject: memberIamId }, { store, call, now }) {
    const { account } = placeOf(call);
    const window = windowOf(input);
    const query = { memberIamId, hidesPublicAccess: true, now };
    const { items, totalCount } = await store.groups.groups(account, query, window);
    const end = window.offset + window.limit;
    return { items, totalCount, next: end < totalCount ? { offset: end } : null };
  },
});
