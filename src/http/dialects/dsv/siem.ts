/** Where the trail is to be sent. */
import type { Route } from "../../route.ts";

export const siemRoutes: readonly Route[] = [];
