/** Clients: service IDs with a role. */
import type { Route } from "../../route.ts";

export const clientsRoutes: readonly Route[] = [];
