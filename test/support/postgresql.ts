/** A real PostgreSQL on this machine, in a temporary folder, that speaks TLS and logs every statement. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import pg from "pg";

const START_TIMEOUT_MS = 60_000;
/** The server refuses to run as the superuser of the machine: then it is this user. */
const NOBODY = 65_534;
const DEBIAN = "/usr/lib/postgresql";

export interface TestPostgresql {
  readonly port: number;
  /** Of the superuser `postgres`. */
  readonly password: string;
  /** Everything that the server has logged. */
  readonly logged: () => string;
  /** Runs a statement as the superuser. */
  run(sql: string): Promise<void>;
  /** Whether somebody can log in, by TLS that is not verified. */
  accepts(user: string, password: string): Promise<boolean>;
  close(): Promise<void>;
}

export async function startPostgresql(tls: {
  readonly certificate: string;
  readonly key: string;
}): Promise<TestPostgresql> {
  const folder = mkdtempSync(join(tmpdir(), "keytrail-postgresql-"));
  const isSuper = process.getuid?.() === 0;
  const user = isSuper ? { uid: NOBODY, gid: NOBODY } : {};
  const password = "the superuser's password";
  const files: readonly (readonly [string, string])[] = [
    ["password", password],
    ["server.crt", tls.certificate],
    ["server.key", tls.key],
    ["hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n"],
  ];
  for (const [name, text] of files) writeFileSync(join(folder, name), text, { mode: 0o600 });
  if (isSuper) for (const path of ["", ...files.map(([name]) => name)]) own(join(folder, path));
  chmodSync(folder, 0o700);
  const data = join(folder, "data");
  const initial = ["-D", data, "-U", "postgres", "-A", "scram-sha-256", "--no-sync", "--locale=C"];
  execFileSync(program("initdb"), [...initial, `--pwfile=${join(folder, "password")}`], {
    ...user,
    cwd: folder,
    stdio: "pipe",
  });
  const port = await freePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: folder,
    hba_file: join(folder, "hba.conf"),
    ssl: "on",
    ssl_cert_file: join(folder, "server.crt"),
    ssl_key_file: join(folder, "server.key"),
    log_statement: "all",
    fsync: "off",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(program("postgres"), ["-D", data, ...options], {
    ...user,
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const logged = await ready(child);
  const connect = (as: string, secret: string) =>
    new pg.Client({
      host: "127.0.0.1",
      port,
      user: as,
      password: secret,
      database: "postgres",
      ssl: { rejectUnauthorized: false },
    });
  return {
    port,
    password,
    logged,
    async run(sql) {
      const client = connect("postgres", password);
      await client.connect();
      try {
        await client.query(sql);
      } finally {
        await client.end();
      }
    },
    async accepts(as, secret) {
      const client = connect(as, secret);
      client.on("error", () => {});
      try {
        await client.connect();
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    async close() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

function own(path: string): void {
  chownSync(path, NOBODY, NOBODY);
}

function ready(child: ChildProcess): Promise<() => string> {
  let text = "";
  return new Promise((fulfil, reject) => {
    const timer = setTimeout(() => reject(new Error(`no database:\n${text}`)), START_TIMEOUT_MS);
    child.once("exit", (code) => reject(new Error(`the database ended with ${code}:\n${text}`)));
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (!text.includes("ready to accept connections")) return;
      clearTimeout(timer);
      fulfil(() => text);
    });
  });
}

/** Debian keeps the server's programs apart from everybody's. */
function program(name: string): string {
  const versions = list(DEBIAN).map((version) => join(DEBIAN, version, "bin"));
  const folders = [...versions, ...(process.env["PATH"] ?? "").split(delimiter)];
  const folder = folders.find((one) => list(one).includes(name));
  if (folder === undefined) {
    throw new Error(
      `There is no ${name}: the tests need PostgreSQL's server (apt-get install postgresql).`,
    );
  }
  return join(folder, name);
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
