/** AWS JSON 1.1 (and 1.0, which differs in its media type): members in a JSON object, times as epoch seconds. */
import { Refusal } from "../../../kernel/errors.ts";
import type { Answer } from "../../route.ts";
import { jsonObjectIn } from "../../json.ts";
import { Members } from "./members.ts";
import type { Protocol } from "./protocol.ts";
import type { WireObject } from "./wire-values.ts";

const MEDIA_TYPE = "application/x-amz-json-1.1";

export const jsonProtocol: Protocol = {
  name: "json",
  decode(body) {
    // Clients of operations without members may send nothing.
    if (body.length === 0) return new Members({});
    try {
      return new Members(jsonObjectIn(body));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Refusal("invalid_request", error.message, { reason: "unreadable-body" });
    }
  },
  encode: (members) => answer(200, members),
  encodeError: ({ code, status, message, isModelled }) => {
    const name = isModelled ? "Message" : "message";
    const body = { __type: code, [name]: message };
    return { ...answer(status, body), headers: { ...typed, "x-amzn-errortype": code } };
  },
};

const typed = { "Content-Type": MEDIA_TYPE };

function answer(status: number, members: WireObject): Answer {
  return { status, headers: typed, body: JSON.stringify(members) };
}
