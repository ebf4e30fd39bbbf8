import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "../config.ts";
import type { Definition } from "../delivery/definition.ts";
import type { CheckedSink } from "../delivery/sink.ts";
import { checkSink } from "../delivery/sinks.ts";
import { Refusal } from "../kernel/errors.ts";
import { readCredentials, type CredentialSource } from "./pinned-credentials.ts";
import {
  MAX_DESTINATIONS_FILE_BYTES,
  MAX_PINNED_DESTINATIONS,
  assertPlaced,
  readPinned,
} from "./pinned-destinations.ts";

const FILE_SINK = "settings: { kind: file, path: /var/log/keytrail.ndjson }";

let folder: string;
let warnings: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-pinned-"));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const ENVIRONMENT: Readonly<Record<string, string>> = { TOKEN: "from-env", BROKEN: "a\r\nX: b" };
const credentialNamed = (variable: string): string | undefined => ENVIRONMENT[variable];

function written(text: string): string {
  const file = join(folder, "destinations.yaml");
  writeFileSync(file, text);
  return file;
}

function pinned(...entries: string[]): Promise<readonly Definition[]> {
  const text = `destinations:\n${entries.map((one) => `  - { ${one} }\n`).join("")}`;
  return opened(text);
}

function opened(text: string): Promise<readonly Definition[]> {
  const config = { destinationsFile: written(text), credentialNamed };
  return readPinned(config, (line) => warnings.push(line));
}

async function problemOf(start: Promise<unknown>): Promise<string> {
  const error = await start.then(
    () => new Error("it starts"),
    (thrown: unknown) => thrown as Error,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error.message;
}

describe("the file of destinations", () => {
  it("is not needed", async () => {
    expect(await readPinned({ destinationsFile: null, credentialNamed }, () => {})).toEqual([]);
    expect(await opened("destinations: []")).toEqual([]);
  });

  it("has everything sent from now on, of every account and of none, unless it says something else", async () => {
    expect(await pinned(`name: archive, ${FILE_SINK}`)).toEqual([
      {
        id: "pinned:archive",
        name: "archive",
        sink: { kind: "file", path: "/var/log/keytrail.ndjson", form: "entry" },
        credentials: {},
        selection: { account: null, includesOperators: true, filter: "", routing: null },
        isPaused: false,
        isPinned: true,
        maxBacklog: null,
        start: { id: "pinned:archive:now", index: null },
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it("names an account that is there, and is told of a place that is not", async () => {
    const found = await pinned(`name: a, ${FILE_SINK}, account: acc, from: 5`);
    const placed = (accounts: string[], size: number) => () =>
      assertPlaced(found, { accounts, size }, (line) => warnings.push(line));
    expect(placed(["acc"], 5)).not.toThrow();
    expect(warnings).toEqual([]);
    expect(placed(["acc"], 4)).not.toThrow();
    expect(warnings).toEqual([expect.stringContaining("a begins with what is recorded next")]);
    expect(placed(["other"], 5)).toThrow(ConfigError);
  });

  it("chooses what is sent, from where on, and whether nothing happens without it", async () => {
    const [one, two] = await pinned(
      `name: a, ${FILE_SINK}, filter: "outcome:failure", account: acc, required: { max_backlog: 5000 }, from: beginning, paused: true`,
      `name: b, ${FILE_SINK}, account: acc, includes_installation: true, from: 17, crn: "crn:v1:bluemix:public:logs:eu-de:a/1:2::"`,
    );
    expect(one).toMatchObject({
      selection: { account: "acc", includesOperators: false, filter: "outcome:failure" },
      maxBacklog: 5_000,
      isPaused: true,
      start: { id: "pinned:a:beginning", index: 0 },
    });
    expect(two).toMatchObject({
      selection: { account: "acc", includesOperators: true },
      start: { id: "pinned:b:17", index: 17 },
      crn: "crn:v1:bluemix:public:logs:eu-de:a/1:2::",
    });
  });

  it("says the same at every start, so that nothing is sent again", async () => {
    const entry = `name: a, ${FILE_SINK}, from: beginning`;
    expect(await pinned(entry)).toEqual(await pinned(entry));
  });

  it.each([
    ["no YAML", "destinations: [", /line 1: it is not YAML/],
    ["another thing", "42", /it has no destinations/],
    ["a list alone", "- name: a", /it has no destinations/],
    ["no list", "destinations: 1", /destinations: is a list/],
    ["a field of its own", "destinations: []\ntargets: []", /there is no field targets/],
    ["a key twice", "destinations: []\ndestinations: []", /line 2: a key stands there twice/],
    ["an alias", "destinations: &a\n  - *a", /has an alias/],
    ["a tag", "destinations: !!js/function []", /line 1: it is not YAML/],
    [
      "too many",
      `destinations:\n${"  - {}\n".repeat(MAX_PINNED_DESTINATIONS + 1)}`,
      /has at most 50 entries/,
    ],
    ["too much", `# ${"x".repeat(MAX_DESTINATIONS_FILE_BYTES)}`, /more than 1048576 bytes/],
  ])("is refused with %s, and named", async (_, text, problem) => {
    const message = await problemOf(opened(text));
    expect(message).toMatch(problem);
    expect(message).toContain(join(folder, "destinations.yaml"));
  });

  it("is refused when it is not there", async () => {
    const destinationsFile = join(folder, "none.yaml");
    const start = readPinned({ destinationsFile, credentialNamed }, () => {});
    expect(await problemOf(start)).toMatch(/none\.yaml is of no use: it cannot be read/);
  });

  it.each([
    ["no name", FILE_SINK, /destination number 1: name: is missing/],
    ["a name for no path", `name: a/b, ${FILE_SINK}`, /number 1: name: has letters, digits/],
    ["no settings", "name: a", /destination a: settings: is missing/],
    ["no kind", "name: a, settings: {}", /destination a: The kind of a destination is one of/],
    ["a bad setting", "name: a, settings: { kind: file, path: x }", /The path of a file destina/],
    [
      "a setting of its own",
      `name: a, settings: { kind: file, path: /x, y: 1 }`,
      /a: The settings of a file destination: there is something/,
    ],
    ["a field of its own", `name: a, ${FILE_SINK}, filters: x`, /a: there is no field filters/],
    ["a filter that is none", `name: a, ${FILE_SINK}, filter: "((("`, /destination a: /],
    ["too small a room", `name: a, ${FILE_SINK}, required: { max_backlog: 1 }`, /max_backlog: /],
    ["no start", `name: a, ${FILE_SINK}, from: yesterday`, /from: is now, beginning, or the index/],
    ["no CRN", `name: a, ${FILE_SINK}, crn: x`, /a: crn: is a CRN/],
    ["no account", `name: a, ${FILE_SINK}, account: "a b"`, /a: account: is the id of an account/],
  ])("names the destination and the field of %s", async (_, entry, problem) => {
    expect(await problemOf(pinned(entry))).toMatch(problem);
  });

  it("has each name and each CRN once", async () => {
    const [one, two] = [`name: a, ${FILE_SINK}`, `name: b, ${FILE_SINK}`];
    expect(await problemOf(pinned(one, two, one))).toMatch(/destination a: name: another one/);
    const crn = 'crn: "crn:v1:x:y"';
    expect(await problemOf(pinned(`${one}, ${crn}`, `${two}, ${crn}`))).toMatch(/b: crn: another/);
  });

  it("is spoken of when others may write it", async () => {
    const destinationsFile = written("destinations: []");
    chmodSync(destinationsFile, 0o664);
    await readPinned({ destinationsFile, credentialNamed }, (line) => warnings.push(line));
    expect(warnings).toEqual([expect.stringMatching(/Others than its owner may write .*yaml/)]);
  });
});

describe("credentials of pinned destinations", () => {
  const SINK: CheckedSink = {
    ...checkSink({ kind: "file", path: "/x" }),
    credentials: [
      { name: "token", isRequired: true },
      { name: "header:X-Api-Key", isRequired: false },
      { name: "client_key", isRequired: false },
    ],
  };

  function credentials(
    given: Record<string, CredentialSource>,
  ): ReturnType<typeof readCredentials> {
    const problem = (what: string): ConfigError => new ConfigError(what);
    const warn = (line: string): void => void warnings.push(line);
    return readCredentials(SINK, given, { folder, credentialNamed, problem, warn });
  }

  function file(name: string, text: string, mode = 0o600): { readonly file: string } {
    writeFileSync(join(folder, name), text, { mode });
    return { file: name };
  }

  it("come from the environment and from files beside it, without the newline at their end", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const key = privateKey.export({ format: "pem", type: "pkcs8" }).trimEnd();
    const given = {
      token: { env: "TOKEN" },
      "header:X-Api-Key": file("header", "h\r\n"),
      client_key: file("key.pem", `${key}\n`),
    };
    const found = { token: "from-env", "header:X-Api-Key": "h", client_key: key };
    expect(await credentials(given)).toEqual(found);
    expect(warnings).toEqual([]);
  });

  it("are spoken of when others may read them", async () => {
    await credentials({ token: file("token", "t", 0o640) });
    expect(warnings).toEqual([expect.stringMatching(/Others than its owner may read .*token, a/)]);
  });

  it.each([
    [
      "an empty variable",
      { token: { env: "NONE" } },
      /credentials\.token: the variable NONE has no/,
    ],
    ["no such file", { token: { file: "none" } }, /credentials\.token: .*none cannot be read/],
    ["a folder", { token: { file: "." } }, /cannot be read/],
  ])("are refused with %s", async (_, given, problem) => {
    expect(await problemOf(credentials(given as Record<string, CredentialSource>))).toMatch(
      problem,
    );
  });

  it.each([
    ["one that there is not", { tokens: { env: "TOKEN" } }],
    ["a header that is none", { "header:a b": { env: "TOKEN" } }],
    ["none that is needed", {}],
    ["a header in it", { token: { env: "BROKEN" } }],
    ["a key that is none", { token: { env: "TOKEN" }, client_key: { env: "TOKEN" } }],
  ])("are held to what the sink takes: %s", async (_, given) => {
    const read = credentials(given);
    await expect(read).rejects.toThrow(Refusal);
  });

  it("are refused when they are longer than any key", async () => {
    const given = { token: file("long", "x".repeat(20_000)) };
    expect(await problemOf(credentials(given))).toMatch(/more than 16384 bytes/);
  });

  it.each(["token: hunter2", "token: { value: hunter2 }", "token: { file: a, env: hunter2 }"])(
    "are never repeated, nor taken, in the clear: %s",
    async (given) => {
      const message = await problemOf(pinned(`name: a, ${FILE_SINK}, credentials: { ${given} }`));
      expect(message).toMatch(/destination a: credentials\.token: .*in the clear/);
      expect(message).not.toContain("hunter2");
    },
  );

  it("are refused where the settings need none", async () => {
    const entry = `name: a, ${FILE_SINK}, credentials: { token: { env: TOKEN } }`;
    expect(await problemOf(pinned(entry))).toMatch(
      /destination a: The credentials of this destination are: none/,
    );
  });
});
