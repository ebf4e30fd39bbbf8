/**
 * AWS's wire: one address for all its services, told apart by what a request asks for. Signed requests only; region and
 * service stand in the signature, account and caller follow from the key.
 */
import {
  SignedAuthentication,
  type SignedPorts,
} from "../../../app/identity/authenticate-signed.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Dialect } from "../../dialect.ts";
import type { Method, Route } from "../../route.ts";
import { cloudtrail } from "./cloudtrail/service.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "./errors.ts";
import { iam } from "./iam/service.ts";
import { placeOf } from "./place.ts";
import { secretsManager } from "./secretsmanager/service.ts";
import type { AwsService } from "./service.ts";
import { authenticateSignature } from "./signature.ts";
import { sts } from "./sts/service.ts";
import { findCall } from "./wire-call.ts";

export type AwsPorts = SignedPorts;

const services: readonly AwsService[] = [secretsManager, cloudtrail, sts, iam];

const OWN_PATH = /^\/(?:$|service(?:\/|$))/;

export function awsDialect(ports: AwsPorts): Dialect {
  const authenticate = authenticateSignature(new SignedAuthentication(ports), ports.clock);
  return {
    name: "aws",
    routes: [
      entrance("POST", "/"),
      entrance("GET", "/"),
      entrance("POST", "/service/:service/operation/:operation"),
    ],
    owns: (path) => OWN_PATH.test(path),
    authenticate: (request) => authenticate(request, findCall(request, services).service?.name),
    place: (request, caller) =>
      ports.state.read(({ identity }) => placeOf(request, caller, identity)),
    refusal: refusalAnswer,
    outage: outageAnswer,
    fault: faultAnswer,
    headers: ({ requestId }) => ({ "x-amzn-RequestId": requestId }),
  };
}

/** A path that stands for every action of every service. */
function entrance(method: Method, url: string): Route {
  return {
    ...unknown,
    method,
    url,
    chosenBy: (request) => findCall(request, services).line?.route ?? unknown,
  };
}

const unknown: Route = {
  method: "POST",
  url: "/",
  operation: "request.reject",
  about: () => null,
  perform: (performer, call, { method }) =>
    performer.reject(call, new Refusal("method_not_allowed", "There is no such action here."), {
      method,
    }),
  refuse: (performer, call, refusal) => performer.reject(call, refusal, { method: "POST" }),
};
