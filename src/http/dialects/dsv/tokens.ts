/** Tokens: logging in, going on, being revoked. */
import type { Route } from "../../route.ts";

export const tokensRoutes: readonly Route[] = [];
