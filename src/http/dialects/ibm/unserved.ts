/**
 * What IBM's wire has and this installation does not serve: refused in words that say so, and recorded. A part that
 * comes to be served leaves this list and gets its lines in the router.
 */
import { Refusal } from "../../../kernel/errors.ts";
import type { Method, Route } from "../../route.ts";

const unserved: readonly (readonly [methods: readonly Method[], url: string, what: string])[] = [
  [["POST", "GET", "DELETE"], "/api/v2/notifications/registration", "Notifications"],
  [["GET"], "/api/v2/notifications/registration/test", "Notifications"],
];

export const unservedRoutes: readonly Route[] = unserved.flatMap(([methods, url, what]) =>
  methods.map((method) => unservedRoute(method, url, what)),
);

/** One of them: `what` is said in the plural. */
export function unservedRoute(method: Method, url: string, what: string): Route {
  return {
    method,
    url,
    operation: "request.reject",
    about: () => null,
    perform: (performer, call) =>
      performer.reject(
        call,
        new Refusal("not_found", `${what} are not served by this installation.`),
        { method },
      ),
    refuse: (performer, call, refusal) => performer.reject(call, refusal, { method }),
  };
}
