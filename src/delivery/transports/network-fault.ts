/** What a connection's failure means, over TCP, TLS or HTTP: in words of our own, and the codes of Node and OpenSSL. */
import { DeliveryFault } from "../fault.ts";

/** A certificate that is not believed, theirs or ours, and TLS that cannot be agreed on: nothing that passes by itself. */
const TLS_CODE = /^(?:ERR_SSL_|ERR_TLS_|CERT_|DEPTH_|SELF_SIGNED_|UNABLE_TO_|CRL_|EPROTO$)/;
const OTHER_TLS_CODES: ReadonlySet<string> = new Set([
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
]);

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection broke off",
  ECONNABORTED: "the connection broke off",
  EPIPE: "the connection broke off",
  ETIMEDOUT: "no answer in time",
  EHOSTUNREACH: "no way leads to its address",
  ENETUNREACH: "no way leads to its address",
  EHOSTDOWN: "no way leads to its address",
  ENOTFOUND: "its name is not known",
  ENODATA: "its name is not known",
  EAI_AGAIN: "its name could not be looked up",
};

/** Of whatever a socket, a look-up or a request has thrown; a DeliveryFault stays what it is. */
export function networkFault(cause: unknown): DeliveryFault {
  if (cause instanceof DeliveryFault) return cause;
  const code = codeOf(cause);
  if (code.startsWith("HPE_")) {
    return new DeliveryFault("unavailable", "what answers there is no HTTP", { cause });
  }
  if (TLS_CODE.test(code) || OTHER_TLS_CODES.has(code)) {
    return new DeliveryFault("denied", `TLS was not agreed on (${code})`, { cause });
  }
  const sentence = SENTENCES[code] ?? `the connection failed (${code || "unknown"})`;
  return new DeliveryFault("unavailable", sentence, { cause });
}

/** Of what has been broken off by this signal: a time limit has passed, or whoever waited has gone. */
export function brokenOff({ reason }: AbortSignal): DeliveryFault {
  const isLate = reason instanceof Error && reason.name === "TimeoutError";
  const sentence = isLate ? "no answer in time" : "it was ended from here";
  return new DeliveryFault("unavailable", sentence, { cause: reason });
}

export function codeOf(cause: unknown): string {
  if (cause instanceof AggregateError) return codeOf(cause.errors[0]);
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
