/** How a call is written: AWS's JSON, its query protocol (forms in, XML out), and Smithy's RPC v2 CBOR. */
import type { Answer } from "../../route.ts";
import type { AwsError } from "../../../audit/render/aws-error.ts";
import type { Members } from "./members.ts";
import type { WireObject } from "./wire-values.ts";

/** What an answer says besides its members. */
export interface AnswerFacts {
  readonly action: string;
  readonly requestId: string;
  /** The namespace of a query service's XML. */
  readonly xmlNamespace: string;
}

export interface Protocol {
  readonly name: "json" | "query" | "cbor";
  /** The members of a body. Throws a Refusal for what cannot be read. */
  decode(body: Uint8Array, query: string): Members;
  encode(members: WireObject, facts: AnswerFacts): Answer;
  encodeError(error: AwsError, facts: AnswerFacts): Answer;
}
