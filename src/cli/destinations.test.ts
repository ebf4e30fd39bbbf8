import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run, start, type Ran } from "../../test/support/run.ts";
import { bodyOf, serve, type Served } from "../../test/support/serve.ts";
import { destinationsCommand } from "./destinations.ts";

const STATUS = {
  state: "delivering",
  acknowledged: 100,
  sent: 120,
  lag: 20,
  delivered: 90,
  set_aside: { count: 0, latest: [] as object[] },
  last_success_at: "2026-11-21T09:00:00.000Z",
  last_error: null as object | null,
  attempts: 0,
  retry_at: null as string | null,
};
const SIEM = {
  id: "0198c5f2-0000-7000-8000-000000000000",
  name: "siem",
  settings: { kind: "syslog", transport: "tls", host: "siem", port: 6514, form: "text" },
  address: { transport: "tls", host: "siem", port: 6514 },
  credentials: ["client_key"],
  filter: "outcome:failure",
  includes_installation: true,
  is_routed: false,
  required: null as { max_backlog: number } | null,
  is_pinned: false,
  status: STATUS,
  version: 1,
  created_at: null,
  created_by: null,
  modified_at: null,
  modified_by: null,
};

/** A server's side of the conversation: what it does is tested where it is. */
let server: Served;
let folder: string;
let asked: { readonly call: string; readonly body: unknown }[];
let refused: { readonly status: number; readonly code: string } | undefined;
let destinations: (typeof SIEM)[];
let tested: object;
let env: Record<string, string>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-destinations-"));
  asked = [];
  refused = undefined;
  destinations = [SIEM];
  tested = { is_reached: true, problem: null, index: 99 };
  server = await serve(async (request, response) => {
    const { method = "", url = "" } = request;
    const body = (await bodyOf(request)).toString("utf8");
    if (url === "/identity/token") {
      response.end(JSON.stringify({ access_token: "t", expires_in: 3_600 }));
      return;
    }
    const path = url.replace("/trail/v1/destinations", "");
    asked.push({ call: `${method} ${path}`, body: body === "" ? undefined : JSON.parse(body) });
    if (refused) {
      const { status, code } = refused;
      const errors = [{ code, message: "It is pinned.\u001b[2J" }];
      response.writeHead(status).end(JSON.stringify({ errors, trace: "r-1" }));
    } else if (method === "DELETE") response.writeHead(204).end();
    else if (path.endsWith("/proof"))
      response.end("log\n1\nroot\ndelivered-to x siem\n\n— log x\n");
    else if (path.endsWith("/test")) response.end(JSON.stringify(tested));
    else if (path.endsWith("/replay")) response.end(JSON.stringify({ index: 17 }));
    else if (path === "" && method === "GET") {
      response.end(JSON.stringify({ destinations, total_count: destinations.length }));
    } else response.end(JSON.stringify(destinations[0]));
  });
  env = { KEYTRAIL_URL: server.url, KEYTRAIL_API_KEY: "k", HEC_TOKEN: "from-env" };
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

const keytrail = (...args: string[]): Promise<Ran> => run(destinationsCommand, args, { env });
const typed = (stdin: string, ...args: string[]): Promise<Ran> =>
  run(destinationsCommand, args, { env, stdin });

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function cells(stdout: string): readonly (readonly string[])[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd().split(/ {2,}/));
}

describe("keytrail destinations list, status, show", () => {
  it("lists where the trail goes, for people and for programs", async () => {
    destinations = [SIEM, { ...SIEM, name: "all\u001b[2J", filter: "", is_pinned: true }];
    const { code, stdout } = await keytrail("list");
    expect([code, cells(stdout)]).toEqual([
      0,
      [
        ["NAME", "KIND", "WHERE", "STATE", "FORM", "FILTER"],
        ["siem", "syslog", "tls://siem:6514", "delivering", "text", "outcome:failure"],
        ["all (pinned)", "syslog", "tls://siem:6514", "delivering", "text", "everything"],
      ],
    ]);
    expect(JSON.parse((await keytrail("list", "--json")).stdout)).toEqual(destinations);
    destinations = [];
    expect((await keytrail("list")).stdout).toMatch(/goes nowhere but into the log/);
  });

  it("says how far each has come, and ends with 1 when one fails", async () => {
    const problem = {
      at: "2026-11-21T08:00:00.000Z",
      kind: "unavailable",
      problem: "ECONNREFUSED",
    };
    expect(cells((await keytrail("status")).stdout)).toEqual([
      ["NAME", "KIND", "WHERE", "STATE", "LAG", "ASIDE", "LAST SUCCESS", "LAST ERROR"],
      [
        "siem",
        "syslog",
        "tls://siem:6514",
        "delivering",
        "20",
        "0",
        STATUS.last_success_at,
        "none",
      ],
    ]);
    const failing = { ...STATUS, state: "failing", last_success_at: null, last_error: problem };
    destinations = [SIEM, { ...SIEM, status: failing as never }];
    const { code, stdout } = await keytrail("status");
    expect(code).toBe(1);
    expect(cells(stdout).at(-1)).toEqual([
      "siem",
      "syslog",
      "tls://siem:6514",
      "failing",
      "20",
      "0",
      "never",
      "ECONNREFUSED",
    ]);
    expect((await keytrail("status", "siem", "--json")).code).toBe(0);
    expect(asked.at(-1)?.call).toBe("GET /siem");
  });

  it("ends with 1 when a required one is so far behind that operations are refused", async () => {
    destinations = [{ ...SIEM, required: { max_backlog: 20 } }];
    expect((await keytrail("status")).code).toBe(0);
    destinations = [{ ...SIEM, required: { max_backlog: 19 } }];
    const { code, stdout } = await keytrail("status");
    expect([code, cells(stdout)[1]?.[3]]).toEqual([1, "OVERDUE"]);
  });

  it("looks again until it is told to stop", async () => {
    const watching = start(destinationsCommand, ["status", "--watch"], { env });
    expect(await watching.firstLine).toMatch(/^NAME/);
    const { code, stdout } = await watching.stop();
    expect([code, cells(stdout).length]).toEqual([0, 2]);
  });

  it("shows all of one, with what was set aside by name", async () => {
    const aside = { index: 7, event_id: "e-7", at: "2026-11-21T08:00:00.000Z", reason: "HTTP 400" };
    const status = {
      ...STATUS,
      set_aside: { count: 3, latest: [aside] },
      attempts: 4,
      retry_at: "2026-11-21T10:00:00.000Z",
    };
    destinations = [{ ...SIEM, status, required: { max_backlog: 5_000 } }];
    const { stdout } = await keytrail("show", "siem");
    expect(stdout).toContain("every entry before 100, handed over up to 120; 20 entries wait; 90");
    expect(stdout).toContain("required      yes, within 5000 entries");
    expect(stdout).toContain("  entry 7, event e-7: HTTP 400");
    expect(stdout).toContain(
      "next try      2026-11-21T10:00:00.000Z, after 4 that came to nothing",
    );
    expect(stdout).toContain("credentials   client_key\n");
  });
});

describe("keytrail destinations add, set, remove", () => {
  it("makes one of words", async () => {
    const ca = file("ca.pem", "-----BEGIN\n");
    const words = ["--set", `tls.ca=@${ca}`, "--set", "framing=lf", "--set", 'tags=["a"]'];
    const where = ["--kind", "syslog", "--host", "siem", "--port", "6514", "--transport", "tls"];
    const terms = ["--filter", "x", "--required", "5000", "--from", "17", "--no-installation"];
    const { code, stdout } = await keytrail("add", "siem", ...where, ...words, ...terms);
    expect([code, stdout.split("\n")[0]]).toEqual([0, "Added siem."]);
    expect(asked).toEqual([
      {
        call: "POST ",
        body: {
          name: "siem",
          settings: {
            kind: "syslog",
            host: "siem",
            port: 6_514,
            transport: "tls",
            tls: { ca: "-----BEGIN\n" },
            framing: "lf",
            tags: ["a"],
          },
          credentials: {},
          filter: "x",
          required: { max_backlog: 5_000 },
          includes_installation: false,
          from: 17,
        },
      },
    ]);
  });

  it("makes one of a file of settings, of YAML or JSON", async () => {
    const settings = file("splunk.yaml", "kind: splunk\nhost: hec\ntls: { server_name: s }\n");
    await keytrail("add", "hec", "--file", settings, "--set", "tls.server_name=other", "--routed");
    expect(asked[0]?.body).toEqual({
      name: "hec",
      settings: { kind: "splunk", host: "hec", tls: { server_name: "other" } },
      credentials: {},
      is_routed: true,
    });
    const wrong = await keytrail("add", "hec", "--file", file("wrong", "- a"));
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("holds no settings")]);
  });

  it("takes credentials from files, the environment and standard input, and never as they are", async () => {
    const key = file("key", "from-file\n");
    const credentials = ["client_key", "header:X-Api-Key", "token"].map((name, i) => [
      "--credential",
      `${name}=${[`@${key}`, "env:HEC_TOKEN", "-"][i]}`,
    ]);
    await typed("from-stdin\n", "add", "a", "--kind", "https", ...credentials.flat());
    expect(asked[0]?.body).toMatchObject({
      credentials: {
        client_key: "from-file",
        "header:X-Api-Key": "from-env",
        token: "from-stdin",
      },
    });
    asked = [];
    for (const [given, problem] of [
      ["token=hunter2", /not the value itself/],
      ["token=env:NONE", /credential token is empty/],
      ["token=@none", /none does not exist/],
    ] as const) {
      const { code, stderr } = await keytrail("add", "a", "--kind", "json", "--credential", given);
      expect([code, stderr]).toEqual([2, expect.stringMatching(problem)]);
      expect(stderr).not.toContain("hunter2");
    }
    expect(asked).toEqual([]);
  });

  it("changes what is said, of what there is", async () => {
    await keytrail("set", "siem", "--set", "framing=lf", "--set", "form=", "--required", "none");
    expect(asked).toEqual([
      { call: "GET /siem", body: undefined },
      {
        call: "PATCH /siem",
        body: {
          settings: { kind: "syslog", transport: "tls", host: "siem", port: 6_514, framing: "lf" },
          required: null,
        },
      },
    ]);
    await keytrail("set", "siem", "--kind", "json", "--host", "other");
    expect(asked.at(-1)?.body).toEqual({ settings: { kind: "json", host: "other" } });
    await keytrail("set", "siem", "--filter", "", "--credential", "client_key=none");
    expect(asked.at(-1)?.body).toEqual({ filter: "", credentials: { client_key: null } });
    expect((await keytrail("set", "siem")).stderr).toContain("say what is to be changed");
  });

  it("changes its transport or its shape, whose defaults are others", async () => {
    const wire = { kind: "json", host: "siem", port: 514, form: "dsv", transport: "udp" };
    const udp = { ...wire, datagrams_per_second: 2_000 };
    const settings = udp as unknown as typeof SIEM.settings;
    destinations = [{ ...SIEM, settings }];
    await keytrail("set", "siem", "--transport", "tcp");
    expect(asked.at(-1)?.body).toEqual({
      settings: { kind: "json", host: "siem", port: 514, transport: "tcp" },
    });
    destinations = [{ ...SIEM, settings: { ...settings, form: "ecs" } }];
    await keytrail("set", "siem", "--port", "515");
    expect(asked.at(-1)?.body).toEqual({
      settings: { kind: "json", host: "siem", port: 515, form: "ecs", transport: "udp" },
    });
  });

  it("removes one", async () => {
    const { code, stdout } = await keytrail("remove", "siem");
    expect([code, stdout, asked[0]?.call]).toEqual([
      0,
      "Removed siem: nothing more is sent there.\n",
      "DELETE /siem",
    ]);
  });

  it("tells a no of the server from a failure", async () => {
    refused = { status: 409, code: "conflict" };
    const conflict = await keytrail("add", "a", "--kind", "json");
    expect([conflict.code, conflict.stderr]).toEqual([1, expect.stringContaining("It is pinned.")]);
    refused = { status: 403, code: "forbidden" };
    expect((await keytrail("list")).code).toBe(3);
    refused = { status: 404, code: "not_found" };
    expect((await keytrail("show", "none")).code).toBe(1);
  });
});

describe("keytrail destinations test, pause, resume, replay, proof", () => {
  it("says whether a test arrived, by its exit code too", async () => {
    const reached = await keytrail("test", "siem");
    expect([reached.code, reached.stdout]).toEqual([0, "siem is reached: entry 99 was sent.\n"]);
    tested = { is_reached: false, problem: "ECONNREFUSED", index: null };
    const not = await keytrail("test", "siem");
    expect([not.code, not.stdout]).toEqual([1, "siem is NOT reached: ECONNREFUSED.\n"]);
  });

  it("pauses and resumes", async () => {
    await keytrail("pause", "siem");
    await keytrail("resume", "siem");
    expect(asked.map(({ call }) => call)).toEqual(["POST /siem/pause", "POST /siem/resume"]);
  });

  it("replays what is meant to be replayed", async () => {
    const unsure = await keytrail("replay", "siem", "--from", "40");
    expect([unsure.code, unsure.stderr]).toEqual([
      2,
      expect.stringContaining("sends siem up to 60 entries once more: say --yes"),
    ]);
    const all = await keytrail("replay", "siem", "--from", "beginning");
    expect(all.stderr).toContain("everything, up to 100 entries, once more");
    expect(asked.filter(({ call }) => call.includes("replay"))).toEqual([]);
    const sure = await keytrail("replay", "siem", "--from", "2026-11-01", "--yes");
    expect(sure.stdout).toBe("siem gets everything from entry 17 on once more.\n");
    expect(asked.at(-1)).toEqual({
      call: "POST /siem/replay",
      body: { from: "2026-11-01T00:00:00.000Z" },
    });
    expect((await keytrail("replay", "siem", "--yes")).stderr).toContain("say from where");
  });

  it("asks a person first, who may think better of it", async () => {
    const args = ["replay", "siem", "--from", "40"];
    const answered = (stdin: string): Promise<Ran> =>
      run(destinationsCommand, args, { env, stdin, isTty: true });
    const no = await answered("\n");
    expect([no.code, no.stderr]).toEqual([
      1,
      expect.stringMatching(/up to 60 entries once more\. Go on\? \[y\/N\] .*Nothing is sent/s),
    ]);
    expect(asked.map(({ call }) => call)).toEqual(["GET /siem"]);
    expect((await answered("y\n")).code).toBe(0);
    expect(asked.at(-1)?.call).toBe("POST /siem/replay");
  });

  it("gives the proof as it is, to a pipe or into a file", async () => {
    expect((await keytrail("proof", "siem")).stdout).toMatch(
      /^log\n1\nroot\ndelivered-to x siem\n/,
    );
    const out = join(folder, "siem.delivery");
    const { stdout } = await keytrail("proof", "siem", "--out", out);
    expect(stdout).toContain(`keytrail verify ${out} --log-key KEY`);
    expect(readFileSync(out, "utf8")).toContain("delivered-to x siem");
  });

  it.each([
    [[], /say what to do: list, status/],
    [["toString"], /say what to do/],
    [["show"], /say which: show NAME/],
    [["list", "siem"], /list takes no name/],
    [["show", "a", "b"], /show takes one name/],
    [["show", "a", "--yes"], /--yes is not for show/],
    [["set", "a", "--from", "1"], /--from is not for set/],
    [["list", "--no-routed"], /--routed is not for list/],
    [["add", "a"], /say what it is/],
    [["add", "a", "--kind", "json", "--port", "x"], /--port is a number/],
    [["add", "a", "--kind", "json", "--set", "x"], /--set is key=value/],
    [["add", "a", "--kind", "json", "--required", "x"], /--required is how many/],
    [["add", "a", "--kind", "json", "--from", "x"], /"x" is no time/],
  ])("is told what is wrong with %s, and does nothing", async (args, problem) => {
    const { code, stderr } = await keytrail(...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(problem)]);
    expect(asked).toEqual([]);
  });
});
