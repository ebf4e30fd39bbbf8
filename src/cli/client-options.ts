/** How commands find their server: by option, by environment, or by what a first start left in the data folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { KeytrailClient } from "../client/keytrail-client.ts";
import { RefusedByServer, ServerUnreachable } from "../client/client-error.ts";
import type { TransportOptions } from "../client/transport.ts";
import { DEFAULT_PORT } from "../config.ts";
import { CommandError, EXIT, printable } from "./command.ts";
import type { CommandIo } from "./command.ts";

export const DEFAULT_URL = `http://127.0.0.1:${DEFAULT_PORT}`;

/** For parseArgs. */
export const CLIENT_OPTIONS = {
  url: { type: "string" },
  "api-key": { type: "string" },
  data: { type: "string" },
} as const;

export const CLIENT_USAGE = `  --url URL            the server (or KEYTRAIL_URL)
  --api-key KEY        an API key (better given as KEYTRAIL_API_KEY: command lines can be seen by others)
  --data DIR           take both from DIR/bootstrap.json, which a first start leaves there (or
                       KEYTRAIL_DATA; ./data when neither a URL nor a key is given)
`;

const bootstrapFile = z.looseObject({ url: z.string(), api_key: z.string() });

export interface ClientValues {
  readonly url?: string | undefined;
  readonly "api-key"?: string | undefined;
  readonly data?: string | undefined;
}

interface Address {
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** Throws a CommandError when there is no telling which server, or the file cannot be read. */
export async function clientFor(values: ClientValues, io: CommandIo): Promise<KeytrailClient> {
  return new KeytrailClient(await serverFor(values, io));
}

/** The same for commands that need less than a client. */
export async function serverFor(values: ClientValues, io: CommandIo): Promise<TransportOptions> {
  const { url, apiKey } = await addressOf(values, io.env);
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    const hint = `Give one like ${DEFAULT_URL}.`;
    throw new CommandError(EXIT.usage, `${url} is no URL of a server`, hint);
  }
  return { url, apiKey, signal: io.signal };
}

async function addressOf(values: ClientValues, env: CommandIo["env"]): Promise<Address> {
  const url = values.url ?? env["KEYTRAIL_URL"];
  const apiKey = values["api-key"] ?? env["KEYTRAIL_API_KEY"];
  // A key found in a file is for the server that the file names: it is never sent to another one.
  const wantsFile = values.data !== undefined || (url === undefined && apiKey === undefined);
  if (!wantsFile) return { url: url ?? DEFAULT_URL, apiKey };
  const folder = values.data ?? env["KEYTRAIL_DATA"] ?? "./data";
  const found = await readBootstrap(folder);
  if (values.url !== undefined && values.url !== found.url && apiKey === undefined) {
    const hint = "Give --api-key for that server, or leave --url out.";
    throw new CommandError(EXIT.usage, `the API key in ${folder} is for ${found.url}`, hint);
  }
  return { url: values.url ?? found.url, apiKey: values["api-key"] ?? found.api_key };
}

async function readBootstrap(folder: string): Promise<z.infer<typeof bootstrapFile>> {
  const path = join(folder, "bootstrap.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new CommandError(
      EXIT.usage,
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "Say which server: --url and --api-key, or KEYTRAIL_URL and KEYTRAIL_API_KEY.",
    );
  }
  const parsed = bootstrapFile.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new CommandError(
    EXIT.usage,
    `${path} does not hold a URL and an API key`,
    "Say which server: --url and --api-key, or KEYTRAIL_URL and KEYTRAIL_API_KEY.",
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What went wrong between client and server, as a command says it. Anything else is returned as it is. */
export function explainClientError(error: unknown, client: { readonly url: string }): unknown {
  if (error instanceof ServerUnreachable) {
    const hint = "Is the server running, and is the URL the one it prints at start?";
    return new CommandError(EXIT.unavailable, printable(error.message), hint);
  }
  if (!(error instanceof RefusedByServer)) return error;
  const message = printable(error.message);
  switch (error.status) {
    case 400:
      return new CommandError(EXIT.usage, message, "Run it with --help for options and examples.");
    case 401:
      return new CommandError(
        EXIT.unavailable,
        message,
        "Check the API key: --api-key or KEYTRAIL_API_KEY.",
      );
    case 403:
      return new CommandError(
        EXIT.unavailable,
        message,
        `Ask whoever administers ${client.url} for a policy.`,
      );
    case 404:
      return new CommandError(
        EXIT.failed,
        message,
        "Either it is not there or it is not yours to see.",
      );
    default: {
      const trace = error.trace === undefined ? "" : `, request ${printable(error.trace)}`;
      const hint = `The server answered ${error.status}${trace}; its own log may say more.`;
      return new CommandError(EXIT.unavailable, message, hint);
    }
  }
}
