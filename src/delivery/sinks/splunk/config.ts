/** The HTTP Event Collector of Splunk (HEC), over HTTPS as DSV's endpoints of the type `splunk` have it. */
import { z } from "zod";
import { FORMS, type Form } from "../../form.ts";
import type { CredentialRule } from "../../sink.ts";
import { pathSetting } from "../../transports/place.ts";
import { tlsCredentials, tlsSettings } from "../../transports/tls.ts";
import { wireSettings } from "../../transports/wire.ts";

/** Splunk Cloud takes a megabyte in a request, before it is packed. */
export const LIMITS = { maxEvents: 1_000, maxBytes: 900_000 } as const;

const word = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\x21-\x7e]+$/, { error: "is visible ASCII without spaces" });

export const splunkSettings = z
  .strictObject({
    kind: z.literal("splunk"),
    host: wireSettings.host,
    port: wireSettings.port.default(8_088),
    path: pathSetting.default("/services/collector/event"),
    /** Where acknowledgements are asked for. */
    ack_path: pathSetting.default("/services/collector/ack"),
    tls: tlsSettings.optional(),
    form: z.enum(FORMS).default("dsv"),
    /** That of the token where nothing is said. */
    index: word.optional(),
    source: word.default("keytrail"),
    /** By the form where nothing is said. */
    sourcetype: word.optional(),
    gzip: z.boolean().default(false),
    /**
     * Whether an event counts as delivered when the indexers have it rather than when the collector has taken it. The
     * token has to be made for it ("indexer acknowledgement"), which Splunk Cloud does not offer.
     */
    acknowledgement: z.boolean().default(false),
  })
  .readonly();

export type SplunkSettings = z.output<typeof splunkSettings>;

export const TOKEN = "token";

export function splunkCredentials({ tls }: SplunkSettings): readonly CredentialRule[] {
  return [{ name: TOKEN, isRequired: true }, ...tlsCredentials(tls)];
}

/** `aws:cloudtrail` is what Splunk's own add-on for AWS knows such records by. */
export function sourcetypeOf({ form, sourcetype }: SplunkSettings): string {
  return sourcetype ?? SOURCETYPES[form] ?? `keytrail:${form}`;
}

const SOURCETYPES: { readonly [F in Form]?: string } = {
  cloudtrail: "aws:cloudtrail",
  dsv: "dsv:audit",
};
