/** Where a request comes from and which ids it goes by, as the record names them. */
import { isIPv4, isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";
import type { EventHost } from "../audit/event.ts";
import { randomId } from "../kernel/ids.ts";

export const MAX_AGENT_CHARS = 256;
export const MAX_CORRELATION_CHARS = 128;

const CORRELATION_HEADERS = [
  "x-correlation-id",
  "x-global-transaction-id",
  "transaction-id",
  "x-request-id",
];

/** The printable part of ASCII without spaces: what an id of another system may be made of to be repeated. */
const PRINTABLE = /^[\x21-\x7e]+$/;

export function hostOf(request: FastifyRequest): EventHost {
  return eventHost(request.ip, request.headers["user-agent"] ?? "");
}

/** Some proxies say the port, too: `192.0.2.7:5000`, `[2001:db8::7]:5000`. */
const WITH_PORT = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::\d{1,5})?$/i;

/**
 * An IPv4 address that came over an IPv6 socket is written as what it is. What a proxy passes on that is no address is
 * whatever somebody typed: it is not recorded, and nobody comes from there.
 */
export function eventHost(ip: string, agent: string): EventHost {
  const [, six, four] = WITH_PORT.exec(ip) ?? [];
  const address = (six ?? four ?? ip).replace(/^::ffff:(?=\d+\.)/i, "");
  const addressType = isIPv4(address) ? "IPv4" : isIPv6(address) ? "IPv6" : "";
  return {
    address: addressType === "" ? "" : address,
    addressType,
    agent: agent.slice(0, MAX_AGENT_CHARS),
  };
}

/** The server's own id of a request: never the caller's, so that two requests cannot share it. */
export function newRequestId(): string {
  return randomId();
}

/** The caller's correlation id when it sent a sane one, else the request's id. */
export function correlationOf(request: FastifyRequest): string {
  for (const name of CORRELATION_HEADERS) {
    const value = request.headers[name];
    if (
      typeof value === "string" &&
      value.length <= MAX_CORRELATION_CHARS &&
      PRINTABLE.test(value)
    ) {
      return value;
    }
  }
  return request.id;
}
