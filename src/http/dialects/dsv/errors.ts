/** How DSV says no: `{code, message, errors}`, in its own words where they are known. */
import type { FastifyRequest } from "fastify";
import { dsvErrorOf } from "../../../audit/render/dsv-error.ts";
import { subjectOf, type OperationName } from "../../../audit/catalogue.ts";
import type { Refusal } from "../../../kernel/errors.ts";
import type { Exchange } from "../../dialect.ts";
import type { Answer } from "../../route.ts";

export function refusalAnswer(refusal: Refusal, { request }: Exchange): Answer {
  const { code, message: sentence, details } = refusal;
  const reason = typeof details["reason"] === "string" ? details["reason"] : undefined;
  const operation = operationOf(request);
  const { status, message } = dsvErrorOf({ operation, code, reason, sentence });
  const { field } = details;
  const isNamed = code === "invalid_request" && typeof field === "string" && field !== "";
  const errors = isNamed ? { errors: { [nameOf(field, operation)]: [message] } } : {};
  return { status, body: { code: status, message, ...errors } };
}

/** What destinations have for every wire, as DSV's endpoints call it. */
const NAMES: Readonly<Record<string, string>> = {
  credentials: "auth",
  "credentials.token": "auth",
  transport: "protocol",
  path: "endpoint",
};

function nameOf(field: string, operation: OperationName): string {
  const isOther = subjectOf(operation) === "destination" && Object.hasOwn(NAMES, field);
  return (isOther ? NAMES[field] : undefined) ?? inCamels(field);
}

/** As DSV writes the names of fields. */
function inCamels(field: string): string {
  return field.replaceAll(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
}

function operationOf(request: FastifyRequest): OperationName {
  const route = request.routeOptions.config?.keytrailRoute;
  return (route?.chosenBy?.(request) ?? route)?.operation ?? "request.reject";
}

export function outageAnswer(): Answer {
  return { status: 503, body: { code: 503, message: "The service is unavailable: try again." } };
}

export function faultAnswer({ requestId }: Exchange): Answer {
  return { status: 500, body: { code: 500, message: `Internal error; request ${requestId}.` } };
}
