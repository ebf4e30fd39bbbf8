/** Which roles there are, and what each gives. They are the product's own: nobody can make others. */
import { rolesOf, type ListedRole } from "../../identity/role-kinds.ts";
import { readOperation } from "../operation.ts";
import { inAccount } from "./find.ts";
import { assertOwnAccount } from "./own-account.ts";

export interface ListRolesInput {
  readonly account?: string | undefined;
  /** Only roles that give anything of this service, and of each only what is of it. */
  readonly service?: string | undefined;
  readonly type?: "access" | "authorization" | undefined;
}

export interface ListedRoles {
  readonly roles: readonly ListedRole[];
  readonly totalCount: number;
}

export const listRoles = readOperation<ListRolesInput, null, ListedRoles>({
  name: "role.list",
  async locate({ account }, { call }) {
    assertOwnAccount(account, call);
    return inAccount("role.list", call, { target: null, subject: null });
  },
  async run({ service, type }) {
    const roles = type === "authorization" ? [] : rolesOf(service);
    return { roles, totalCount: roles.length };
  },
});
