/** The architecture's table: who may import whom. Its documentation is this file; any other arrow fails here. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const src = join(root, "src");

/** kernel ← ledger ← audit ← domain ← app ← {http, cli} ← main; storage implements ports, main alone wires it. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  ledger: ["kernel"],
  audit: ["kernel", "ledger"],
  secrets: ["kernel", "ledger", "audit"],
  identity: ["kernel", "ledger", "audit", "items"],
  items: ["kernel"],
  encryption: ["kernel", "items"],
  engines: ["kernel", "items"],
  search: ["kernel", "ledger", "audit"],
  pki: ["kernel"],
  delivery: ["kernel", "ledger", "audit", "search"],
  app: [
    "kernel",
    "ledger",
    "audit",
    "secrets",
    "identity",
    "items",
    "encryption",
    "engines",
    "search",
    "pki",
    "delivery",
  ],
  client: ["kernel"],
  demo: ["kernel"],
  http: [
    "kernel",
    "ledger",
    "audit",
    "secrets",
    "identity",
    "items",
    "encryption",
    "engines",
    "search",
    "delivery",
    "app",
  ],
  cli: ["kernel", "ledger", "audit", "search", "delivery", "client", "engines", "app", "config.ts"],
  storage: [
    "kernel",
    "ledger",
    "audit",
    "secrets",
    "identity",
    "items",
    "search",
    "delivery",
    "app",
  ],
  openid: ["kernel", "identity", "app"],
  notifications: ["kernel", "ledger", "audit"],
  acme: ["kernel", "secrets", "app"],
  rotators: ["kernel", "audit", "secrets", "app"],
  "main.ts": [
    "kernel",
    "ledger",
    "audit",
    "secrets",
    "identity",
    "search",
    "app",
    "client",
    "http",
    "cli",
    "storage",
    "config.ts",
    "compose",
  ],
  compose: [
    "kernel",
    "demo",
    "ledger",
    "audit",
    "secrets",
    "identity",
    "items",
    "engines",
    "search",
    "app",
    "http",
    "cli",
    "storage",
    "openid",
    "notifications",
    "delivery",
    "acme",
    "rotators",
    "config.ts",
  ],
  "config.ts": ["kernel"],
};

const BANNED_NAMES = ["utils", "helpers", "common", "services", "types", "models", "manager"];
const MAX_FILE_LINES = 400;
const MAX_KERNEL_FILES = 9;

interface SourceFile {
  readonly path: string;
  readonly area: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

function areaOf(path: string): string {
  return relative(src, path).split(sep)[0] as string;
}

function importsOf(path: string, text: string): string[] {
  const { module } = parseSync(path, text);
  const specifiers = [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...module.staticExports.flatMap((one) =>
      one.entries.map((entry) => entry.moduleRequest?.value),
    ),
    ...module.dynamicImports.map((one) =>
      text.slice(one.moduleRequest.start, one.moduleRequest.end).replaceAll(/["'`]/g, ""),
    ),
  ];
  return specifiers
    .filter((one): one is string => one?.startsWith(".") ?? false)
    .map((one) => normalize(join(dirname(path), one)));
}

const files: readonly SourceFile[] = walk(src)
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const text = readFileSync(path, "utf8");
    return { path, area: areaOf(path), text, imports: importsOf(path, text) };
  });
/** Tests, and the parts made for tests, may reach for any storage. */
const isTest = (path: string): boolean =>
  path.endsWith(".test.ts") || path.includes(`${sep}testing${sep}`);
const sources = files.filter(({ path }) => !isTest(path));

function forbiddenArrows(of: readonly SourceFile[]): string[] {
  return of.flatMap(({ path, area, imports }) =>
    imports
      .filter(
        (target) => areaOf(target) !== area && !(allowed[area] ?? []).includes(areaOf(target)),
      )
      .map((target) => `${relative(src, path)} → ${relative(src, target)}`),
  );
}

describe("the architecture", () => {
  it("is read from the sources at all", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(30);
  });

  it("has no import against the table", () => {
    expect(forbiddenArrows(sources)).toEqual([]);
  });

  it("would notice one", () => {
    const path = join(src, "kernel", "clock.ts");
    const text = `import { x } from "../ledger/merkle.ts"; export * from "../app/perform.ts"; void import("../main.ts");`;
    const planted = { path, area: "kernel", text, imports: importsOf(path, text) };
    expect(forbiddenArrows([planted])).toHaveLength(3);
  });

  it("keeps every dialect ignorant of the others", () => {
    const dialectOf = (path: string): string | undefined =>
      /src\/http\/dialects\/([^/]+)\//.exec(path.replaceAll(sep, "/"))?.[1];
    const crossing = sources.flatMap(({ path, imports }) =>
      imports
        .filter(
          (target) => dialectOf(path) && dialectOf(target) && dialectOf(path) !== dialectOf(target),
        )
        .map((target) => `${relative(src, path)} → ${relative(src, target)}`),
    );
    expect(crossing).toEqual([]);
  });

  it("has storage known to the composition alone", () => {
    const knowing = sources.filter(
      ({ area, imports }) =>
        !["storage", "main.ts", "compose"].includes(area) &&
        imports.some((target) => areaOf(target) === "storage"),
    );
    expect(knowing.map(({ path }) => relative(src, path))).toEqual([]);
  });

  it("knows every folder under src", () => {
    expect(
      [...new Set(sources.map(({ area }) => area))].filter((area) => !(area in allowed)),
    ).toEqual([]);
  });

  it("keeps the kernel small and free of input and output", () => {
    const kernel = sources.filter(({ area }) => area === "kernel");
    expect(kernel.length).toBeLessThanOrEqual(MAX_KERNEL_FILES);
    const doing = kernel.filter(({ text }) =>
      /from "node:(fs|net|http|child_process|worker_threads)/.test(text),
    );
    expect(doing.map(({ path }) => relative(src, path))).toEqual([]);
  });

  it("reads the environment in config.ts and main.ts only, and the wall clock in the kernel only", () => {
    const environment = sources.filter(
      ({ area, text }) => !["config.ts", "main.ts"].includes(area) && text.includes("process.env"),
    );
    const wallClock = sources.filter(
      ({ area, text }) => area !== "kernel" && /Date\.now\(\)/.test(text),
    );
    expect(environment.map(({ path }) => relative(src, path))).toEqual([]);
    expect(wallClock.map(({ path }) => relative(src, path))).toEqual([]);
  });

  it("has no file over the wall, no barrel, and no name that says nothing", () => {
    const long = sources.filter(({ text }) => text.split("\n").length - 1 > MAX_FILE_LINES);
    const barrels = sources.filter(
      ({ path }) => path.endsWith(`${sep}index.ts`) && areaOf(path) !== "cli",
    );
    const vague = files.filter(({ path }) =>
      relative(src, path)
        .split(sep)
        .some((part) => BANNED_NAMES.includes(part.replace(/\.ts$/, ""))),
    );
    expect(
      [long, barrels, vague].map((some) => some.map(({ path }) => relative(src, path))),
    ).toEqual([[], [], []]);
  });
});

describe("the test suites", () => {
  const tests = [...walk(src), ...walk(join(root, "test"))].filter((path) =>
    path.endsWith(".test.ts"),
  );

  it("skip nothing", () => {
    const skipping = tests.filter((path) =>
      /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|todo|only|skipIf|runIf)\b/.test(
        readFileSync(path, "utf8"),
      ),
    );
    expect(skipping.map((path) => relative(root, path))).toEqual([]);
  });

  it("assert something in every file", () => {
    const silent = tests.filter(
      (path) => !/\bexpect\b|fc\.assert|assert/.test(readFileSync(path, "utf8")),
    );
    expect(silent.map((path) => relative(root, path))).toEqual([]);
  });
});
