/** Certificates. */
import type { Route } from "../../route.ts";

export const pkiRoutes: readonly Route[] = [];
