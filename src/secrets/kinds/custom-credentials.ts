/** Credentials of a system of the owner's own: made and deleted by a runner of the owner's, task by task. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { JsonObject } from "../json.ts";
import { plain, type Kind } from "./kind.ts";

export interface CustomCredentialsPayload {
  readonly kind: "custom_credentials";
  readonly content: Sensitive<JsonObject>;
}

export interface NewCustomCredentials {
  readonly kind: "custom_credentials";
  /** The configuration that says how they are made, by its name. */
  readonly configuration: string;
  readonly parameters?: JsonObject | undefined;
  readonly ttlSeconds?: number | undefined;
}

export interface CustomCredentialsAttributes {
  readonly kind: "custom_credentials";
  readonly configuration: string;
  readonly parameters: JsonObject | null;
  readonly ttlSeconds: number | null;
}

export const customCredentials: Kind<CustomCredentialsPayload> = {
  ...plain,
  expiresByDate: false,
  rotation: { hour: [6, 2_160], day: [1, 90], month: [1, 3] },
  isLeased: true,
  check: () => undefined,
  encode: ({ content }) => utf8(JSON.stringify(content.reveal())),
  decode: (bytes) => ({
    kind: "custom_credentials",
    content: new Sensitive(JSON.parse(fromUtf8(bytes)) as JsonObject),
  }),
};
