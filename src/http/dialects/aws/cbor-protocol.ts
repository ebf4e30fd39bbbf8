/** Smithy's RPC v2 CBOR: members in a map (RFC 8949), times as tag 1. Newer SDKs choose it where they may. */
import { decode, encode, Token, Type, type TagDecoder } from "cborg";
import { Refusal } from "../../../kernel/errors.ts";
import { MAX_JSON_DEPTH } from "../../json.ts";
import type { Answer } from "../../route.ts";
import { Members } from "./members.ts";
import type { Protocol } from "./protocol.ts";
import { Blob, Timestamp, type WireObject } from "./wire-values.ts";

const EPOCH_TAG = 1;

const tags: TagDecoder[] = [];
tags[EPOCH_TAG] = (seconds) => new Date(Number(seconds()) * 1_000);

export const cborProtocol: Protocol = {
  name: "cbor",
  decode(body) {
    if (body.length === 0) return new Members({});
    let value: unknown;
    try {
      value = decode(body, {
        useMaps: false,
        allowIndefinite: true,
        tags,
        rejectDuplicateMapKeys: true,
      });
    } catch {
      throw unreadable("is not valid CBOR");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw unreadable("is no map");
    }
    assertShallow(value, MAX_JSON_DEPTH);
    return new Members(value as Readonly<Record<string, unknown>>);
  },
  encode: (members) => answer(200, members),
  encodeError: ({ code, status, message }) => answer(status, { __type: code, message }),
};

function assertShallow(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if (depth === 0) throw unreadable("nests too deep");
  for (const item of Object.values(value)) assertShallow(item, depth - 1);
}

function unreadable(what: string): Refusal {
  return new Refusal("invalid_request", `The body ${what}.`, { reason: "unreadable-body" });
}

function answer(status: number, members: WireObject): Answer {
  const body = encode(plain(members), {
    typeEncoders: {
      Date: (date: Date) => [
        new Token(Type.tag, EPOCH_TAG),
        new Token(Type.float, date.getTime() / 1_000),
      ],
    },
  });
  return {
    status,
    headers: { "Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" },
    body,
  };
}

/** Without what is undefined, which CBOR has a value for. */
function plain(value: unknown): unknown {
  if (value instanceof Timestamp) return new Date(value.at);
  if (value instanceof Blob) return value.bytes;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => [name, plain(item)]),
  );
}
