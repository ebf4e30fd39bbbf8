/** An event to an object of JSON, and objects to what goes out at once. */
import { utf8 } from "../../../kernel/bytes.ts";
import type { Message } from "../../entry.ts";
import { DeliveryFault } from "../../fault.ts";
import { bodyOf } from "../../form.ts";
import { joinedBytes } from "../../json-text.ts";
import type { Encode } from "../../sink.ts";
import { MAX_DATAGRAM_BYTES } from "../../transports/datagram.ts";
import type { JsonRequests, JsonSettings } from "./config.ts";

/** RFC 8259; over a stream each object is a line. The log's own line goes out as it is, to the last byte. */
export function jsonEncoder({ transport, form }: JsonSettings): Encode {
  const end = transport === "tcp" ? "\n" : "";
  return (entry) => {
    const bytes = utf8(`${bodyOf(entry, form)}${end}`);
    if (transport === "udp" && bytes.length > MAX_DATAGRAM_BYTES) {
      throw new DeliveryFault("rejected", "longer than a datagram can be");
    }
    return bytes;
  };
}

export const CONTENT_TYPES: Readonly<Record<JsonRequests["batch"], string>> = {
  single: "application/json",
  array: "application/json",
  ndjson: "application/x-ndjson",
};

/** Of `single` each is a body of its own. */
export function jsonBody(messages: readonly Message[], batch: JsonRequests["batch"]): Uint8Array {
  return joinedBytes(
    messages.map(({ bytes }) => bytes),
    AROUND[batch],
  );
}

const AROUND: Readonly<Record<JsonRequests["batch"], Parameters<typeof joinedBytes>[1]>> = {
  single: {},
  array: { head: "[", between: ",", tail: "]" },
  ndjson: { between: "\n", tail: "\n" },
};
