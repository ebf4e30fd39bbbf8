/** Providers that people log in with. */
import type { Route } from "../../route.ts";

export const authProvidersRoutes: readonly Route[] = [];
