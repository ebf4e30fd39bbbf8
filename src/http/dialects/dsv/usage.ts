/** How much is used. */
import { z } from "zod";
import { readUsage } from "../../../app/trail/read-usage.ts";
import type { Route } from "../../route.ts";
import { queryAs } from "./fields.ts";
import { line, ok } from "./line.ts";

const query = z.object({
  startDate: z.string().max(64),
  endDate: z.string().max(64).optional(),
});

export const usageRoutes: readonly Route[] = [
  line("GET /usage", readUsage, {
    decode: (request) => queryAs(query, request),
    encode: ok((usage) => usage),
  }),
];
