/** What pinned destinations are known by to their receivers: from files and the environment, never from the file itself. */
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import {
  assertComplete,
  assertCredentials,
  MAX_KEY_CHARS,
} from "../app/destinations/given-credentials.ts";
import type { ConfigError } from "../config.ts";
import type { CheckedSink } from "../delivery/sink.ts";
import { Sensitive } from "../kernel/sensitive.ts";

const OTHERS_MAY_READ = 0o044;

const IN_THE_CLEAR =
  "is given as { file: PATH } or { env: NAME }; a value in the clear has no place in this file";

/** Where a credential is. */
export const CREDENTIAL_SOURCE = z.union(
  [
    z.strictObject({ file: z.string().min(1).max(4_096) }),
    z.strictObject({ env: z.string().regex(/^[A-Za-z_]\w{0,199}$/) }),
  ],
  { error: IN_THE_CLEAR },
);

export type CredentialSource = z.output<typeof CREDENTIAL_SOURCE>;

export interface CredentialPorts {
  /** Files are found from there. */
  readonly folder: string;
  readonly credentialNamed: (variable: string) => string | undefined;
  /** Says which destination it is about. */
  readonly problem: (what: string) => ConfigError;
  readonly warn: (line: string) => void;
}

/** Throws the `problem` for a source that gives nothing, and a Refusal for what the sink does not take, or lacks. */
export async function readCredentials(
  sink: CheckedSink,
  sources: Readonly<Record<string, CredentialSource>>,
  ports: CredentialPorts,
): Promise<Readonly<Record<string, string>>> {
  const read: [string, string][] = [];
  for (const [name, source] of Object.entries(sources)) {
    const value = await valueOf(name, source, ports);
    assertCredentials({ [name]: new Sensitive(value) }, sink);
    read.push([name, value]);
  }
  assertComplete(Object.keys(sources), sink);
  return Object.fromEntries(read);
}

async function valueOf(
  name: string,
  source: CredentialSource,
  ports: CredentialPorts,
): Promise<string> {
  const text =
    "env" in source ? ports.credentialNamed(source.env) : await contentOf(name, source.file, ports);
  // Editors and shells end a file with a newline, which belongs to no token.
  const value = text?.replace(/[\r\n]+$/, "") ?? "";
  if (value !== "") return value;
  const where = "env" in source ? `the variable ${source.env}` : "the file";
  throw ports.problem(`credentials.${name}: ${where} has nothing.`);
}

async function contentOf(
  name: string,
  path: string,
  { folder, problem, warn }: CredentialPorts,
): Promise<string> {
  const file = resolve(folder, path);
  try {
    const { size, mode } = await stat(file);
    // A key is the longest that there is.
    if (size > MAX_KEY_CHARS) {
      throw problem(`credentials.${name}: ${file} has more than ${MAX_KEY_CHARS} bytes.`);
    }
    if ((mode & OTHERS_MAY_READ) !== 0) {
      warn(`Others than its owner may read ${file}, a credential of a destination.`);
    }
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && !("code" in error)) throw error;
    throw problem(`credentials.${name}: ${file} cannot be read.`);
  }
}
