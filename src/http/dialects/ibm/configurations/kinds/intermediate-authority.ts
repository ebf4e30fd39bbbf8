/** `private_cert_configuration_intermediate_ca` */
import { z } from "zod";
import { read } from "../../body.ts";
import { actedBody, authorityActions, intermediateActions } from "./authority-actions.ts";
import { authorityBody } from "./authority-body.ts";
import {
  askedOf,
  authorityFields,
  originIn,
  settingsOf,
  settingsPatch,
  settingsPatchOf,
} from "./authority-fields.ts";
import type { WireConfiguration } from "./wire-configuration.ts";

const prototype = z.strictObject({
  ...authorityFields,
  common_name: z.string(),
  signing_method: z.enum(["internal", "external"]),
  issuer: z.string().optional(),
});

export const intermediateAuthority: WireConfiguration = {
  create(body, origin) {
    const given = read(prototype, body);
    return {
      kind: "intermediate-authority",
      signing: { kind: given.signing_method, issuer: given.issuer || null },
      settings: settingsOf(given, origin),
      asked: { ...askedOf(given), ttlSeconds: null },
    };
  },
  patch(body, origin) {
    const settings = settingsPatchOf(read(settingsPatch, body));
    return { kind: "intermediate-authority", settings: { ...settings, origin: originIn(origin) } };
  },
  show: authorityBody,
  actions: { ...authorityActions, ...intermediateActions },
  acted: actedBody,
};
