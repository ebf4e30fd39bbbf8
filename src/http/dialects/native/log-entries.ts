/** `/log/tile/entries/…`: bundles of entries (C2SP tlog-tiles), for whoever may read everything; recorded. */
import { readLogEntries } from "../../../app/trail/read-log-entries.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { parseTilePath } from "../../../ledger/tile.ts";
import { z } from "zod";
import { nativeRoute } from "./native-route.ts";

export const logEntriesRoute = nativeRoute({
  method: "GET",
  url: "/log/tile/entries/*",
  operationId: "readLogEntries",
  summary: "Read a bundle of the log's entries, as C2SP tlog-tiles has it.",
  operation: readLogEntries,
  params: z.strictObject({ "*": z.string() }),
  answer: {
    status: 200,
    description: "The bundle.",
    content: {
      "application/octet-stream": "Each entry: its length as a big-endian uint16, its bytes.",
    },
  },
  decode({ params }) {
    const bundle = parseTilePath(`tile/entries/${params["*"]}`);
    if (bundle?.level !== "entries") {
      throw new Refusal("not_found", "This is not the path of a bundle of entries.");
    }
    return { bundle: bundle.index, width: bundle.width };
  },
  encode: ({ bytes }) => ({
    status: 200,
    headers: { "content-type": "application/octet-stream" },
    body: bytes,
  }),
});
