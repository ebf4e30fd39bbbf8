/** The configuration of an account. */
import type { Route } from "../../route.ts";

export const configRoutes: readonly Route[] = [];
