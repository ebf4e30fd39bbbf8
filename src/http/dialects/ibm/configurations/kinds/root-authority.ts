/** `private_cert_configuration_root_ca` */
import { z } from "zod";
import { read } from "../../body.ts";
import { duration, secondsOf } from "../../fields.ts";
import { actedBody, authorityActions } from "./authority-actions.ts";
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
  ttl: duration.optional(),
});

export const rootAuthority: WireConfiguration = {
  create(body, origin) {
    const given = read(prototype, body);
    const ttlSeconds = given.ttl === undefined ? null : secondsOf(given.ttl, "ttl");
    return {
      kind: "root-authority",
      settings: settingsOf(given, origin),
      asked: { ...askedOf(given), ttlSeconds },
    };
  },
  patch(body, origin) {
    const settings = settingsPatchOf(read(settingsPatch, body));
    return { kind: "root-authority", settings: { ...settings, origin: originIn(origin) } };
  },
  show: authorityBody,
  actions: authorityActions,
  acted: actedBody,
};
