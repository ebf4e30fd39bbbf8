/** How the commands here reach a running server: their options, and a server's no in the words of a command. */
import { RefusedByServer, ServerUnreachable } from "../client/client-error.ts";
import { Transport } from "../client/transport.ts";
import { DEFAULT_PORT } from "../config.ts";
import { CommandError, EXIT, UsageError, printable } from "./command.ts";
import type { CommandIo } from "./command.ts";

export const DEFAULT_URL = `http://127.0.0.1:${DEFAULT_PORT}`;

/** For parseArgs. */
export const CONNECTION_OPTIONS = {
  url: { type: "string" },
  "api-key": { type: "string" },
} as const;

export const CONNECTION_USAGE = `  --url URL            the server (or KEYTRAIL_URL; default ${DEFAULT_URL})
  --api-key KEY        an API key that may read the trail; better given as KEYTRAIL_API_KEY, since a
                       command line can be seen by others on this machine
`;

export interface ConnectionValues {
  readonly url?: string | undefined;
  readonly "api-key"?: string | undefined;
}

/** Nothing is asked yet. Throws a UsageError when the URL is none. */
export function connect(values: ConnectionValues, io: CommandIo): Transport {
  const url = values.url ?? io.env.KEYTRAIL_URL ?? DEFAULT_URL;
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new UsageError(`${url} is no URL of a server; give one like ${DEFAULT_URL}`);
  }
  const apiKey = values["api-key"] ?? io.env.KEYTRAIL_API_KEY;
  return new Transport({ url, apiKey, signal: io.signal });
}

/**
 * GET whose refusals and failures end the command with a sentence on what to do; an expected refusal is left to the
 * caller.
 */
export async function get(
  server: Transport,
  path: string,
  isExpected: (refusal: RefusedByServer) => boolean,
): Promise<Response> {
  try {
    return await server.request(path);
  } catch (error) {
    if (error instanceof RefusedByServer && isExpected(error)) throw error;
    throw inWords(error, server.url);
  }
}

function inWords(error: unknown, url: string): unknown {
  if (error instanceof ServerUnreachable) {
    const hint = "Is the server running, and is the URL the one it prints at start?";
    return new CommandError(EXIT.unavailable, printable(error.message), hint);
  }
  if (!(error instanceof RefusedByServer)) return error;
  const isAccess = error.status === 401 || error.status === 403 || error.status === 400;
  const hint = isAccess
    ? "Give an API key whose role may read this, as KEYTRAIL_API_KEY."
    : "Is this the address of a keytrail server? Its log says more.";
  const message = `${url} refused: ${printable(error.message)}`;
  return new CommandError(EXIT.unavailable, message, hint);
}
