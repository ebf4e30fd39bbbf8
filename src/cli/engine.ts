/** `keytrail engine`: runs an engine, in a network that the server cannot reach into. */
import { X509Certificate } from "node:crypto";
import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runAgent, type AgentNews } from "../engines/agent.ts";
import { readKeyFile, type EngineKeyFile } from "../engines/engine-key.ts";
import { fromUtf8 } from "../kernel/bytes.ts";
import {
  CommandError,
  EXIT,
  printable,
  UsageError,
  type Command,
  type CommandIo,
} from "./command.ts";
import { readNamed } from "./read-file.ts";

const USAGE = `Usage: keytrail engine --url URL --key-file FILE [options]

Runs an engine: holds a connection to the server, shows the engine's key, and answers when the engine is
pinged. The connection goes out from here; nothing listens. When it is lost, the engine comes again, at first
after a second, in the end each minute. Runs until it is interrupted, or the engine is deleted.

The key is the privateKey that the server answers, once, when the engine is made (POST /v1/engines). It says
which engine and which server it is for.

Options:
  --url URL            the server (or KEYTRAIL_URL)
  --key-file FILE      the engine's private key, as the server answered it; keep it from others' eyes
  --name NAME          the engine, by its name (as the key says, by its id)
  --ca FILE            certificate authorities to trust besides the usual ones, in PEM
  --json               what happens, as one line of JSON each
  --help               this text

Exit status: 0 when it was interrupted, 1 when the server will not have the engine (it is deleted, the key is
not its own, another process runs as it), 2 when it was called wrongly.

Examples:
  curl -s https://vault.example.com/v1/engines -H "Authorization: $TOKEN" \\
    -d '{"name": "edge-1", "poolName": "edge"}' | (umask 077; jq -r .privateKey > edge-1.key)
  keytrail engine --url https://vault.example.com --name edge-1 --key-file edge-1.key
  keytrail engine --url https://localhost:8200 --key-file edge-1.key --ca data/keys/tls.crt --json
`;

export function engineCommand(version: string): Command {
  return {
    name: "engine",
    summary: "run an engine, which a server reaches by the connection it holds",
    usage: USAGE,
    run: (args, io) => run(args, io, version),
  };
}

async function run(args: readonly string[], io: CommandIo, version: string): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: "string" },
      name: { type: "string" },
      "key-file": { type: "string" },
      ca: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const url = urlOf(values.url ?? io.env["KEYTRAIL_URL"]);
  const path = values["key-file"];
  if (path === undefined) throw new UsageError("--key-file is missing: the engine's private key");
  const key = await keyIn(path);
  await warnIfOpen(path, io);
  const ca = values.ca === undefined ? undefined : await authoritiesIn(values.ca);
  const ended = await runAgent({
    url,
    name: values.name ?? key.engine,
    key,
    ca,
    userAgent: `keytrail-engine/${version}`,
    signal: io.signal,
    tell: (news) => tell(news, io, values.json),
  });
  if (ended.kind === "refused") {
    if (values.json)
      io.stdout.write(`${JSON.stringify({ event: "refused", message: ended.message })}\n`);
    const hint = "It will not be better by itself: make a new engine, or use the right key.";
    throw new CommandError(EXIT.failed, ended.message, hint);
  }
  if (values.json) io.stdout.write(`${JSON.stringify({ event: "stopped" })}\n`);
  return EXIT.ok;
}

function urlOf(text: string | undefined): URL {
  if (text === undefined || text === "") throw new UsageError("--url is missing: the server");
  const url = URL.parse(text);
  const isServer = url?.protocol === "https:" || url?.protocol === "http:";
  if (!url || !isServer || url.username !== "" || url.password !== "" || url.search !== "") {
    throw new UsageError("--url is the server's, such as https://vault.example.com");
  }
  return url;
}

async function keyIn(path: string): Promise<EngineKeyFile> {
  const key = readKeyFile(textOf(await readNamed(path)));
  if (key) return key;
  throw new UsageError(
    `${path} holds no engine's key: what the server answered as privateKey is kept as it is, its first lines too`,
  );
}

/** What is no certificate would be passed over in silence, and every connection fail for another reason. */
async function authoritiesIn(path: string): Promise<string> {
  const text = textOf(await readNamed(path));
  if (isCertificate(text)) return text;
  throw new UsageError(`${path} holds no certificate in PEM`);
}

function isCertificate(text: string): boolean {
  try {
    return Boolean(new X509Certificate(text));
  } catch {
    return false;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return "";
  }
}

async function warnIfOpen(path: string, { stderr }: CommandIo): Promise<void> {
  const { mode } = await stat(path);
  if (process.platform === "win32" || (mode & 0o077) === 0) return;
  stderr.write(`keytrail engine: others can read ${path}: chmod 600 keeps them from it.\n`);
}

function tell(news: AgentNews, { stdout }: CommandIo, isJson: boolean): void {
  stdout.write(isJson ? `${JSON.stringify(news)}\n` : `${sentenceOf(news)}\n`);
}

function sentenceOf(news: AgentNews): string {
  switch (news.event) {
    case "connected":
      return `Connected to ${printable(news.server)} as ${printable(news.name)}.`;
    case "pinged":
      return "Answered a ping.";
    case "lost":
      return `Not connected: ${printable(news.because)}. Again in ${(news.retryInMs / 1_000).toFixed(1)} s.`;
  }
}
