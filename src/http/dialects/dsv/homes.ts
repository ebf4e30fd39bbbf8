/** The vaults that identities have for themselves: whose one is stands in the path, and the place of the call is by it. */
import type { Route } from "../../route.ts";
import { secretLines } from "./secret-lines.ts";

export const homesRoutes: readonly Route[] = secretLines("home/:principal");
