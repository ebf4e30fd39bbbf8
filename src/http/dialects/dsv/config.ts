/** The configuration of an account. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import {
  readConfig,
  readConfigVersion,
  writeConfig,
  type ShownConfig,
  type WriteConfigInput,
} from "../../../app/documents/config.ts";
import { fieldsOf, readPermissions } from "../../../identity/documents/read-document.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { randomId } from "../../../kernel/ids.ts";
import type { Route } from "../../route.ts";
import {
  documentIn,
  permissionBodies,
  serialization,
  SHOWN_WITH,
  versionIn,
} from "./document-shapes.ts";
import { bodyAs, flag, parameter, versionParameter } from "./fields.ts";
import { created, line, ok } from "./line.ts";
import { metadata } from "./metadata.ts";

/** A text with the whole of it, or its fields by themselves. */
const written = z.object({
  config: z.unknown().optional(),
  serialization,
  overwrite: flag.optional(),
  permissionDocument: z.unknown().optional(),
  settings: z.unknown().optional(),
  refreshTokenTTLHours: z.unknown().optional(),
  tenantName: z.unknown().optional(),
  version: z.unknown().optional(),
});

const CONFIG = [
  "permissionDocument",
  "settings",
  "refreshTokenTTLHours",
  "tenantName",
  ...SHOWN_WITH,
] as const;

function decodeConfig(request: FastifyRequest): WriteConfigInput {
  const { config, serialization: as, overwrite = false, ...own } = bodyAs(written, request);
  const whole = config === undefined ? own : documentIn(config, { serialization: as });
  const fields = fieldsOf(whole, { of: "config", known: CONFIG });
  const permissions = fields.get("permissionDocument");
  return {
    permissionDocument: readPermissions(permissions, { path: null, newId: randomId }),
    refreshTokenTTLHours: hoursIn(fields.get("refreshTokenTTLHours")),
    fromVersion: versionIn(fields.get("version")),
    overwrite,
    tenantName: textIn(fields.get("tenantName")),
    authentication: authenticationIn(fields.get("settings")),
  };
}

function hoursIn(sent: unknown): number | undefined {
  if (sent === undefined || typeof sent === "number") return sent;
  throw bad("refreshTokenTTLHours", "a number");
}

function textIn(sent: unknown): string | undefined {
  if (sent === undefined || typeof sent === "string") return sent;
  throw bad("tenantName", "a text");
}

/** The names of providers; undefined where nothing is said of them. */
function authenticationIn(settings: unknown): readonly string[] | undefined {
  if (settings === undefined) return undefined;
  const known = ["authentication"] as const;
  const listed = fieldsOf(settings, { of: "settings", known }).get("authentication");
  if (listed === undefined) return undefined;
  if (!Array.isArray(listed)) throw bad("settings", "with a list of authentication");
  return listed.map((one: unknown) => {
    const name = fieldsOf(one, { of: "settings", known: PROVIDER }).get("name");
    if (typeof name === "string") return name;
    throw bad("settings", "each authentication with its name");
  });
}

const PROVIDER = ["name", "type", "ID", "properties", ...SHOWN_WITH.slice(2)] as const;

function bad(field: string, what: string): Refusal {
  return new Refusal("invalid_request", `The configuration's ${field}: ${what}.`, { field });
}

function configBody({ item, at, tenantName, authentication, ...shown }: ShownConfig): object {
  const { version, content, at: modifiedAt, by: modifiedBy } = at;
  return {
    ...metadata({ ...item, version, modifiedAt, modifiedBy }),
    tenantName,
    permissionDocument: permissionBodies(content),
    settings: { authentication },
    refreshTokenTTLHours: shown.refreshTokenTTLHours,
  };
}

const writing = { decode: decodeConfig, encode: created(configBody) };

export const configRoutes: readonly Route[] = [
  line("GET /config", readConfig, { decode: () => ({}), encode: ok(configBody) }),
  line("GET /config/version/:version", readConfigVersion, {
    decode: (request) => ({ version: versionParameter(parameter(request, "version")) }),
    encode: ok(configBody),
  }),
  line("POST /config", writeConfig, writing),
  line("PUT /config", writeConfig, writing),
];
