/** Encryption as a service. */
import type { Route } from "../../route.ts";

export const cryptoRoutes: readonly Route[] = [];
