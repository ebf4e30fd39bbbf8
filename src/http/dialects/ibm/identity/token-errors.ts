/** IAM's error bodies: `errorCode`, `errorMessage`, `errorDetails` and the context of the request. */
import type { FederationFault } from "../../../../app/federation/federation.ts";
import type { LoginFault } from "../../../../identity/api-key.ts";
import type { ErrorCode, Refusal } from "../../../../kernel/errors.ts";
import type { Exchange } from "../../../dialect.ts";
import type { Answer } from "../../../route.ts";
import { federationFaults } from "./federation-errors.ts";
import { wantsPage } from "./html.ts";
import { cookieIn, takenCookie } from "./identity-cookie.ts";
import { refusalPage } from "./pages.ts";
import { returnToOf } from "./session-routes.ts";

export type IamError = readonly [status: number, code: string, message: string];

/** IBM answers 400 to credentials that are no good: its clients tell them by the code. */
const NO_SUCH_KEY: IamError = [400, "BXNIM0415E", "Provided API key could not be found."];
const BAD_REFRESH_TOKEN: IamError = [400, "BXNIM0407E", "Provided refresh token is invalid."];
const EXPIRED: IamError = [400, "BXNIM0408E", "Provided refresh token is expired."];
const SECOND_FACTOR: IamError = [400, "BXNIM0603E", "A one-time code is required."];

/** Where IBM has published no code for a fault, the code is ours, in its form. */
const faults: Readonly<Record<LoginFault | FederationFault, IamError>> = {
  ...federationFaults,
  "unknown-api-key": NO_SUCH_KEY,
  "api-key-disabled": NO_SUCH_KEY,
  "api-key-expired": NO_SUCH_KEY,
  "owner-disabled": NO_SUCH_KEY,
  "address-not-allowed": [403, "BXNIM0513E", "You are not authorized to use this API."],
  "unknown-refresh-token": BAD_REFRESH_TOKEN,
  "refresh-token-of-another-client": BAD_REFRESH_TOKEN,
  "refresh-token-of-another-account": BAD_REFRESH_TOKEN,
  "refresh-token-used": BAD_REFRESH_TOKEN,
  "refresh-token-expired": EXPIRED,
  "session-over": EXPIRED,
  "bad-login": [400, "BXNIM0602E", "The credentials you entered are incorrect."],
  "password-not-allowed": [400, "BXNIM0604E", "Logging in with a password is not allowed here."],
  "second-factor-required": SECOND_FACTOR,
  "second-factor-missing": SECOND_FACTOR,
  "bad-second-factor": SECOND_FACTOR,
  "client-not-known": NO_SUCH_KEY,
  "certificate-not-known": NO_SUCH_KEY,
  "bad-challenge": NO_SUCH_KEY,
  "bad-passcode": [400, "BXNIM0420E", "Provided passcode is invalid."],
  "bad-cookie": [401, "BXNIM0407E", "Provided identity cookie is invalid."],
  "bad-access-token": [401, "BXNIM0407E", "Provided token is invalid."],
  "profile-not-applicable": [
    400,
    "BXNIM0538E",
    "The trusted profile could not be applied with the provided credentials.",
  ],
};

const requestFaults: Readonly<Record<string, IamError>> = {
  missing: [400, "BXNIM0109E", "Property missing or empty."],
  invalid: [400, "BXNIM0106E", "Validation of a property failed."],
  "bad-client": [400, "BXNIM0106E", "Validation of the client failed."],
};

const MALFORMED: IamError = [400, "BXNIM0106E", "The request is not valid."];
const WEB_EXCEPTION = "BXNIM0060E";

const byCode: Readonly<Record<ErrorCode, IamError>> = {
  invalid_request: MALFORMED,
  unauthenticated: [401, "BXNIM0407E", "Provided token is invalid."],
  forbidden: [403, "BXNIM0513E", "You are not authorized to use this API."],
  not_found: [404, WEB_EXCEPTION, "There is nothing at this path."],
  method_not_allowed: [405, WEB_EXCEPTION, "The method is not allowed at this path."],
  conflict: [409, MALFORMED[1], "The request conflicts with the state of the resource."],
  precondition_failed: [412, MALFORMED[1], "The resource is in another state."],
  locked: [412, MALFORMED[1], "The resource is locked."],
  gone: [410, WEB_EXCEPTION, "The resource is gone."],
  too_large: [413, WEB_EXCEPTION, "The request is too large."],
  unsupported_media_type: [415, WEB_EXCEPTION, "The media type is not supported."],
  limit_reached: [400, MALFORMED[1], "A limit has been reached."],
  rate_limited: [429, WEB_EXCEPTION, "Too many requests."],
  sealed: [503, WEB_EXCEPTION, "The service is sealed."],
};

/** Somebody who reads gets a page; and a cookie that is no good any more is taken away. */
export function encodeRefusal(refusal: Refusal, exchange: Exchange): Answer {
  const { request } = exchange;
  const [status, errorCode, errorMessage] = errorOf(refusal);
  if (wantsPage(request)) {
    const page = refusalPage(status, refusal.message, returnToOf(request));
    const isOver = refusal.code === "unauthenticated" && cookieIn(request) !== undefined;
    if (!isOver) return page;
    return { ...page, headers: { ...page.headers, "set-cookie": takenCookie(request) } };
  }
  return answer(status, { errorCode, errorMessage, errorDetails: refusal.message }, exchange);
}

export function encodeOutage(exchange: Exchange): Answer {
  const errorMessage = "The service is temporarily unavailable.";
  return answer(503, { errorCode: WEB_EXCEPTION, errorMessage }, exchange);
}

export function encodeFault(exchange: Exchange): Answer {
  return answer(500, { errorCode: WEB_EXCEPTION, errorMessage: "Internal error." }, exchange);
}

function errorOf({ code, details }: Refusal): IamError {
  const reason = String(details["reason"] ?? "");
  if (isFault(reason)) return faults[reason];
  return requestFaults[reason] ?? byCode[code];
}

function isFault(reason: string): reason is keyof typeof faults {
  return Object.hasOwn(faults, reason);
}

interface IamErrorBody {
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly errorDetails?: string;
}

function answer(status: number, body: IamErrorBody, { request, requestId }: Exchange): Answer {
  return {
    status,
    body: {
      ...body,
      context: {
        requestId,
        requestType: "incoming.Identity_Token",
        userAgent: request.headers["user-agent"] ?? "",
        url: `${request.protocol}://${request.host}`,
        locale: "en_US",
      },
    },
  };
}
