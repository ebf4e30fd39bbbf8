/** Receipts: the proof that an event is in the log, as a C2SP tlog-proof or as JSON. */
import { readReceipt } from "../../../app/trail/read-receipt.ts";
import { fromUtf8, toBase64 } from "../../../kernel/bytes.ts";
import { formatReceipt } from "../../../ledger/receipt.ts";
import { eventId, receiptAnswer } from "./event-shapes.ts";
import { aboutEvent } from "./events.ts";
import { nativeRoute } from "./native-route.ts";

export const receiptRoute = nativeRoute({
  method: "GET",
  url: "/trail/v1/receipts/:id",
  operationId: "readReceipt",
  summary: "Get the proof that an event is in the log, to be checked offline.",
  operation: readReceipt,
  params: eventId,
  answer: {
    status: 200,
    description: "The receipt.",
    content: {
      "text/plain": "A C2SP tlog-proof; the event itself is not part of it.",
      "application/json": receiptAnswer,
    },
  },
  about: aboutEvent,
  decode: ({ params }) => params,
  encode({ index, receipt, line }, { request }) {
    if (!wantsJson(request.headers.accept)) {
      return {
        status: 200,
        headers: { "content-type": "text/plain; charset=utf-8", vary: "accept" },
        body: formatReceipt(receipt),
      };
    }
    const { checkpoint, proof } = receipt;
    const body = { index, checkpoint, proof: proof.map(toBase64), leaf: fromUtf8(line) };
    return { status: 200, headers: { vary: "accept" }, body };
  },
});

/** Text unless JSON is asked for by name: the receipt's own form is the one that tools read. */
function wantsJson(accept: string | undefined): boolean {
  return /(?:^|[\s,])application\/json\b/i.test(accept ?? "");
}
