/** Pools of engines. */
import type { Route } from "../../route.ts";

export const poolsRoutes: readonly Route[] = [];
