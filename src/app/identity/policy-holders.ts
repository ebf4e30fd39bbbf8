/** Who has policies, by the names that wires without ids have for them. */
import type { Principal } from "../../identity/api-key.ts";
import type { Context } from "../operation.ts";
import { profileCalled } from "../profiles/call-names.ts";
import { profileTarget } from "../profiles/find.ts";
import type { View } from "../state.ts";
import { ownerCalled } from "./call-names.ts";
import type { Named } from "./find.ts";
import { serviceIdTarget } from "./service-ids.ts";

/** A user or a service ID, or a trusted profile, by its name. */
export type Holder = { readonly userName: string } | { readonly roleName: string };

export async function held(
  by: Holder,
  context: Context<View>,
): Promise<{ readonly holder: Principal; readonly target: Named }> {
  if ("roleName" in by) {
    const holder = await profileCalled(by.roleName, context);
    return { holder, target: profileTarget(holder) };
  }
  const holder = await ownerCalled(by.userName, context);
  if (holder.kind === "serviceid") return { holder, target: serviceIdTarget(holder) };
  return { holder, target: { kind: "user", id: holder.iamId, name: holder.email } };
}
