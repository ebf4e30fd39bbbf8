/** Roles: trusted profiles. */
import type { Route } from "../../route.ts";

export const rolesRoutes: readonly Route[] = [];
