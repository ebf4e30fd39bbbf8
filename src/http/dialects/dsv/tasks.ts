/** Tasks. */
import type { Route } from "../../route.ts";

export const tasksRoutes: readonly Route[] = [];
