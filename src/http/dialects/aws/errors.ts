/** Refusals in the form of the service and the protocol that were called. */
import { awsErrorOf, awsFaultOf, type AwsError } from "../../../audit/render/aws-error.ts";
import type { Refusal } from "../../../kernel/errors.ts";
import type { Exchange } from "../../dialect.ts";
import type { Answer } from "../../route.ts";
import { call } from "./wire-call.ts";

/** By whose names the errors of requests go that name no service there is, in each protocol. */
const NO_SERVICE = { json: "cloudtrail", cbor: "cloudtrail", query: "sts" } as const;

export function refusalAnswer(refusal: Refusal, { request }: Exchange): Answer {
  const { service, error } = bound(request);
  return error(awsErrorOfRefusal(service, refusal));
}

/** Also of those that stand in an answer beside what was done. */
export function awsErrorOfRefusal(service: string, { code, message, details }: Refusal): AwsError {
  const reason = details["reason"];
  return awsErrorOf(service, {
    code,
    sentence: message,
    ...(typeof reason === "string" ? { reason } : {}),
  });
}

export function outageAnswer({ request }: Exchange): Answer {
  const { service, error } = bound(request);
  return error(awsFaultOf(service, "outage"));
}

export function faultAnswer({ request }: Exchange): Answer {
  const { service, error } = bound(request);
  return error(awsFaultOf(service, "fault"));
}

function bound(request: Exchange["request"]) {
  const found = call(request);
  return {
    service: found.service?.name ?? NO_SERVICE[found.protocol],
    error: (error: Parameters<typeof found.error>[0]) => found.error(error),
  };
}
