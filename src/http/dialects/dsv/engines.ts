/** Engines. */
import type { Route } from "../../route.ts";

export const enginesRoutes: readonly Route[] = [];
