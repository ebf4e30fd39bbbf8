/** What pinned destinations are known by to their receivers: from files and the environment, never from the file itself. */
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import type { ConfigError } from "../config.ts";
import type { CredentialRule } from "../delivery/sink.ts";

/** The longest is a private key. */
export const MAX_CREDENTIAL_BYTES = 16 * 1_024;
const OTHERS_MAY_READ = 0o044;
const HEADER = "header:";

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

/** Throws the `problem` for a name that the rules do not have, one that is missing, and a source that gives nothing. */
export async function readCredentials(
  rules: readonly CredentialRule[],
  sources: Readonly<Record<string, CredentialSource>>,
  ports: CredentialPorts,
): Promise<Readonly<Record<string, string>>> {
  const { problem } = ports;
  const unknown = Object.keys(sources).find((name) => !rules.some((rule) => isOf(rule, name)));
  if (unknown !== undefined) {
    const known = rules.map(({ name }) => (name === HEADER ? `${HEADER}NAME` : name)).join(", ");
    throw problem(
      `credentials: with these settings there is none called ${unknown}; ` +
        (known === "" ? "it takes none." : `there may be ${known}.`),
    );
  }
  const missing = rules.find(({ name, isRequired }) => isRequired && !(name in sources));
  if (missing) throw problem(`credentials: ${missing.name} is missing.`);
  const read: [string, string][] = [];
  for (const [name, source] of Object.entries(sources)) {
    read.push([name, await valueOf(name, source, ports)]);
  }
  return Object.fromEntries(read);
}

function isOf(rule: CredentialRule, name: string): boolean {
  if (rule.name !== HEADER) return rule.name === name;
  return /^header:[!#$%&'*+.^`|~\w-]{1,100}$/.test(name);
}

async function valueOf(
  name: string,
  source: CredentialSource,
  ports: CredentialPorts,
): Promise<string> {
  const { problem } = ports;
  const text =
    "env" in source ? ports.credentialNamed(source.env) : await contentOf(name, source.file, ports);
  const from = "env" in source ? `the variable ${source.env}` : "the file";
  // Editors and shells end a file with a newline, which belongs to no token.
  const value = text?.replace(/[\r\n]+$/, "") ?? "";
  if (value === "") throw problem(`credentials.${name}: ${from} has nothing.`);
  // oxlint-disable-next-line no-control-regex -- what would end a header or begin another is what is looked for
  if (!value.startsWith("-----BEGIN ") && /[\u0000-\u001f\u007f]/.test(value)) {
    throw problem(`credentials.${name}: ${from} has more than one line, or control characters.`);
  }
  return value;
}

async function contentOf(
  name: string,
  path: string,
  { folder, problem, warn }: CredentialPorts,
): Promise<string> {
  const file = resolve(folder, path);
  try {
    const { size, mode } = await stat(file);
    if (size > MAX_CREDENTIAL_BYTES) {
      throw problem(`credentials.${name}: ${file} has more than ${MAX_CREDENTIAL_BYTES} bytes.`);
    }
    if ((mode & OTHERS_MAY_READ) !== 0) {
      warn(`WARNING: others than its owner may read ${file}, a credential of a destination.`);
    }
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && !("code" in error)) throw error;
    throw problem(`credentials.${name}: ${file} cannot be read.`);
  }
}
