/** The vaults that identities have for themselves. */
import type { Route } from "../../route.ts";

export const homesRoutes: readonly Route[] = [];
