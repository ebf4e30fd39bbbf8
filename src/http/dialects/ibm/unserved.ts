/** What IBM's wire has and this installation does not serve: refused in words that say so, and recorded. */
import { Refusal } from "../../../kernel/errors.ts";
import type { Method, Route } from "../../route.ts";

/** A call that is not served: `what` is said in the plural. */
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
