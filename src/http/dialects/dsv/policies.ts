/** Policy documents. */
import type { Route } from "../../route.ts";

export const policiesRoutes: readonly Route[] = [];
