/**
 * What Vault has and this surface has not: each refused in words that say what to do instead, with the 403 that IBM's
 * surface answers every other path with, and recorded.
 */
import { Refusal } from "../../../../kernel/errors.ts";
import type { Method, Route } from "../../../route.ts";

const METHODS: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const refused: readonly (readonly [url: string, sentence: string])[] = [
  [
    "/v1/sys/audit",
    "Audit devices are not supported: every call is in this server's own trail, which no device can switch off.",
  ],
  [
    "/v1/sys/audit/*",
    "Audit devices are not supported: every call is in this server's own trail, which no device can switch off.",
  ],
  ["/v1/sys/*", "Of Vault's system calls none is served here."],
  [
    "/v1/auth/ibmcloud/manage/login",
    "A login's token lives as long as the access token it was got with, whose lifetime the account's settings give.",
  ],
  [
    "/v1/auth/token/*",
    "Tokens are neither looked up nor renewed here: a login with an access token gives a new one.",
  ],
  ["/v1/auth/*", "The way to log in here is PUT /v1/auth/ibmcloud/login."],
  [
    "/v1/ibmcloud/*",
    "There is nothing of the secrets engines at this path, or not by this method.",
  ],
];

export const refusedRoutes: readonly Route[] = refused.flatMap(([url, sentence]) =>
  METHODS.map((method) => refusedRoute(method, url, sentence)),
);

function refusedRoute(method: Method, url: string, sentence: string): Route {
  return {
    method,
    url,
    operation: "request.reject",
    about: () => null,
    perform: (performer, call) =>
      performer.reject(call, new Refusal("forbidden", sentence), { method }),
    refuse: (performer, call, refusal) => performer.reject(call, refusal, { method }),
  };
}
