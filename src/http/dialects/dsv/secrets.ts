/** Secrets by path or id. */
import type { Route } from "../../route.ts";

export const secretsRoutes: readonly Route[] = [];
