/** Another destination's receiver, by its CRN: see `aliases.ts`, which puts that one's settings in place of these. */
import { z } from "zod";

export const ALIAS = "alias";

export const aliasSettings = z
  .strictObject({
    kind: z.literal(ALIAS),
    crn: z.string().regex(/^crn:v\d:\S{3,500}$/, { error: "is a CRN" }),
  })
  .readonly();
