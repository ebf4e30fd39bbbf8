/** The calls about notifications, line by line, of version 2 and of version 1, which wraps its answers. */
import {
  createRegistration,
  deleteRegistration,
  readRegistration,
} from "../../../../app/notifications/registration.ts";
import { testRegistration } from "../../../../app/notifications/test-registration.ts";
import type { Route } from "../../../route.ts";
import { created, line, noContent, ok } from "../line.ts";
import { collectionOf } from "../v1/collection.ts";
import { decodeRegistration, registrationBody, testedAnswer } from "./wire.ts";

const PATH = "notifications/registration";

function routesOf(base: string, show: typeof registrationBody): readonly Route[] {
  return [
    line(`POST /${base}/${PATH}`, createRegistration, [decodeRegistration, created(show)]),
    line(`GET /${base}/${PATH}`, readRegistration, [() => ({}), ok(show)]),
    line(`DELETE /${base}/${PATH}`, deleteRegistration, [() => ({}), noContent]),
    line(`GET /${base}/${PATH}/test`, testRegistration, [() => ({}), testedAnswer]),
  ];
}

export const notificationRoutes: readonly Route[] = routesOf("api/v2", registrationBody);

/** Its documents have the call that tests it under another path than its siblings: both are served. */
export const notificationRoutesOfV1: readonly Route[] = [
  ...routesOf("api/v1", (view) => collectionOf("config", [registrationBody(view)])),
  line("GET /api/v1/notifications/test", testRegistration, [() => ({}), testedAnswer]),
];
