/** The page on destinations: its tables are the schemas as they are, and its recipes make destinations. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseArgs } from "node:util";
import { Registry } from "prom-client";
import type { z } from "zod";
import { assertComplete, assertCredentials } from "../../src/app/destinations/given-credentials.ts";
import { checkedName } from "../../src/app/destinations/terms.ts";
import { INPUT_OPTIONS, readInput } from "../../src/cli/destinations-input.ts";
import { readPinned } from "../../src/compose/pinned-destinations.ts";
import { catalogueVocabulary } from "../../src/audit/vocabulary.ts";
import { FORMS } from "../../src/delivery/form.ts";
import { compileSelection } from "../../src/delivery/selected.ts";
import { statementOf } from "../../src/delivery/proof.ts";
import { aliasSettings } from "../../src/delivery/sinks/alias/config.ts";
import { bucketSettings } from "../../src/delivery/sinks/bucket/config.ts";
import { cefSettings } from "../../src/delivery/sinks/cef/config.ts";
import { cloudEventsSettings } from "../../src/delivery/sinks/cloudevents/config.ts";
import { fileSettings } from "../../src/delivery/sinks/file/config.ts";
import { httpsSettings } from "../../src/delivery/sinks/https/config.ts";
import { jsonSettings } from "../../src/delivery/sinks/json/config.ts";
import { otlpSettings } from "../../src/delivery/sinks/otlp/config.ts";
import { splunkSettings } from "../../src/delivery/sinks/splunk/config.ts";
import { syslogSettings } from "../../src/delivery/sinks/syslog/config.ts";
import { checkSink, SINK_NAMES } from "../../src/delivery/sinks.ts";
import { authorizationSettings } from "../../src/delivery/transports/authorization.ts";
import { signatureSettings } from "../../src/delivery/transports/signature.ts";
import { tlsSettings } from "../../src/delivery/transports/tls.ts";
import { registerDeliveryMetrics } from "../../src/http/delivery-metrics.ts";
import { Sensitive } from "../../src/kernel/sensitive.ts";
import { RecordedLog } from "../support/recorded-log.ts";
import { settingsRows } from "../support/settings-tables.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "destinations.md"), "utf8");

const kinds: Readonly<Record<string, z.ZodType>> = {
  alias: aliasSettings,
  bucket: bucketSettings,
  cef: cefSettings,
  cloudevents: cloudEventsSettings,
  file: fileSettings,
  https: httpsSettings,
  json: jsonSettings,
  otlp: otlpSettings,
  splunk: splunkSettings,
  syslog: syslogSettings,
};
const shared = {
  tls: tlsSettings,
  authorization: authorizationSettings,
  signature: signatureSettings,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-docs-"));
  const make =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=us -keyout us.key";
  execFileSync("openssl", [...make.split(" "), "-out", "us.pem"], { cwd: folder, stdio: "ignore" });
  writeFileSync(join(folder, "ca.pem"), readFileSync(join(folder, "us.pem")));
  for (const [, name = ""] of page.matchAll(/(?:=@|\{ file: )([\w-]+)(?:\s| \})/g)) {
    writeFileSync(join(folder, name), "token\n", { mode: 0o600 });
  }
  writeFileSync(join(folder, "sentinel.yaml"), blockOf("yaml", "# sentinel.yaml"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The first block of that language that holds the text. */
function blockOf(language: string, text: string): string {
  const blocks = [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))];
  const [, found] = blocks.find(([, block = ""]) => block.includes(text)) ?? [];
  if (found === undefined) throw new Error(`the page has no block with ${text}`);
  return found;
}

/** The rows of the table below a heading, without their last cell, which says what a setting is for. */
function rowsBelow(heading: string): readonly string[] {
  const start = page.indexOf(`### \`${heading}\``);
  const table = page.slice(page.indexOf("|---|---|---|---|\n", start)).split("\n").slice(1);
  const rows = table.slice(
    0,
    table.findIndex((line) => !line.startsWith("|")),
  );
  return rows.map((row) => row.replace(/[^|]*\|$/, "").trim());
}

/** As a shell takes them apart. */
function addedOnPage(): readonly (readonly string[])[] {
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  const commands = blocks
    .join("\n")
    .replaceAll("\\\n", "")
    .split("\n")
    .filter((line) => line.startsWith("./keytrail destinations add "));
  return commands.map((command) => {
    const script = `print() { printf '%s\\0' "$@"; }; ${command.replace("./keytrail destinations add", "print")}`;
    const words = execFileSync("bash", ["-c", script]).toString("utf8").split("\0").slice(0, -1);
    return words.map((word) =>
      word.replace(/=@/, `=@${folder}/`).replace(/^(?=sentinel\.yaml)/, `${folder}/`),
    );
  });
}

describe("the page on destinations", () => {
  it("has every kind, and every setting of each as its schema has it", () => {
    expect(Object.keys(kinds)).toEqual(SINK_NAMES);
    for (const [name, schema] of Object.entries({ ...kinds, ...shared })) {
      expect([name, rowsBelow(name)]).toEqual([name, settingsRows(schema)]);
    }
  });

  it("names the forms that there are, and filters that can be read", () => {
    const [, forms = ""] =
      /one of the \[vocabularies\]\(vocabularies\.md\), ([^:]+):/.exec(page) ?? [];
    expect([...forms.matchAll(/`(\w+)`/g)].map(([, form]) => form)).toEqual([...FORMS]);
    const [, filters = ""] = /is a query \(\[[^)]+\)\): ([^\n]+)\. A destination/.exec(page) ?? [];
    const named = [...filters.matchAll(/`([^`]+)`/g)].map(([, filter = ""]) => filter);
    expect(named).toHaveLength(3);
    for (const filter of named) {
      const selection = { account: null, includesOperators: true, filter, routing: null };
      compileSelection(selection, { vocabulary: catalogueVocabulary, now: 0 });
    }
  });

  it("has recipes that make destinations", async () => {
    const added = addedOnPage();
    expect(added.length).toBeGreaterThan(10);
    const io = {
      stdout: process.stdout,
      stderr: process.stderr,
      isTty: false,
      env: { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key" },
      signal: new AbortController().signal,
    };
    const made = new Set<string>();
    for (const args of added) {
      const [name = "", ...options] = args;
      const { values } = parseArgs({ args: options, options: INPUT_OPTIONS });
      const { settings, credentials = {} } = await readInput(values, {}, io);
      const sink = checkSink(settings);
      const given = Object.entries(credentials).map(([key, value]) => [
        key,
        new Sensitive(value ?? ""),
      ]);
      assertCredentials(Object.fromEntries(given), sink);
      assertComplete(Object.keys(credentials), sink);
      made.add(checkedName(name) && sink.settings.kind);
    }
    // The others are the operator's to pin, or another's name.
    expect([...made].toSorted()).toEqual(
      SINK_NAMES.filter((kind) => !["alias", "file", "cef", "json"].includes(kind)),
    );
  });

  it("has a file of pinned destinations that a server starts with", async () => {
    const destinationsFile = join(folder, "destinations.yaml");
    writeFileSync(destinationsFile, blockOf("yaml", "destinations:"));
    const pinned = await readPinned(
      { destinationsFile, credentialNamed: () => undefined },
      () => {},
    );
    expect(pinned.map(({ name, sink }) => `${name} ${sink.kind}`)).toEqual([
      "siem syslog",
      "splunk splunk",
      "archive file",
    ]);
  });

  it("shows how a proof is checked by OpenSSL alone", async () => {
    const log = await RecordedLog.open(join(folder, "data"));
    await log.recordMany([{}, {}]);
    await log.ledger.publish();
    const progress = { since: 0, fingerprint: "f", deliveredCount: 2, setAsideCount: 0 };
    const statement = statementOf({ id: "i", name: "siem" }, progress as never, 0);
    const { text } = await log.ledger.attest(2, statement);
    await log.close();
    writeFileSync(join(folder, "siem.delivery"), text);
    const script = blockOf("sh", "openssl pkeyutl");
    const bash = ["-euo", "pipefail", "-c", script];
    expect(execFileSync("bash", bash, { cwd: folder }).toString()).toMatch(/Verified Successfully/);
    writeFileSync(join(folder, "siem.delivery"), text.replace("events 2", "events 3"));
    expect(() => execFileSync("bash", bash, { cwd: folder, stdio: "ignore" })).toThrow();
  });

  it("names metrics that there are", () => {
    const named = [...page.matchAll(/^\| `(keytrail_\w+)` \|/gm)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(3);
    const registry = new Registry();
    registerDeliveryMetrics(registry, () => []);
    const known = registry.getMetricsAsArray().map(({ name }) => name);
    expect(named.filter((name = "") => !known.includes(name))).toEqual([]);
  });
});
