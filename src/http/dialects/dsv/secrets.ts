/** Secrets by path or id. */
import type { Route } from "../../route.ts";
import { secretLines } from "./secret-lines.ts";

export const secretsRoutes: readonly Route[] = secretLines("secrets");
