/** A file on this machine: one line for each event. Only what the operator pins may be one. */
import { isAbsolute } from "node:path";
import { z } from "zod";
import { FORMS } from "../../form.ts";

export const fileSettings = z
  .strictObject({
    kind: z.literal("file"),
    path: z.string().max(4_096).refine(isAbsolute, { error: "is the whole path of a file" }),
    form: z.enum(FORMS).default("entry"),
  })
  .readonly();

export type FileSettings = z.output<typeof fileSettings>;
