/**
 * The rotator that is built in for users of PostgreSQL: secrets in the form of AWS's templates, whose password is replaced
 * in the database by the user themselves, or by that of the master secret. Each step can be taken twice.
 */
import { isIP, Socket } from "node:net";
import pg from "pg";
import { z } from "zod";
import {
  RotatorFault,
  type BuiltInRotator,
  type MasterRef,
  type RotationValues,
} from "../app/secrets/rotators.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { bareHost, isLoopbackHost, type AllowedHosts } from "./allowed-hosts.ts";
import { newPassword, objectIn, withPassword } from "./random-password.ts";
import { scramVerifier } from "./scram-verifier.ts";

export const POSTGRESQL_PORT = 5_432;
export const POSTGRESQL_TIMEOUT_MS = 10_000;
const DEFAULT_DATABASE = "postgres";
/** Invalid password, and invalid authorisation: appendix A of PostgreSQL's manual. */
const LOGIN_REFUSED: ReadonlySet<unknown> = new Set(["28P01", "28000"]);

export interface PostgresqlTerms {
  readonly hosts: AllowedHosts;
  readonly ca: readonly string[] | undefined;
  readonly timeoutMs: number;
}

const portNumber = z.coerce.number().int().min(1).max(65_535);

/** What AWS's templates write into such a secret; what they have besides stays as it is. */
const credentials = z.object({
  engine: z.enum(["postgres", "postgresql"]),
  host: z.string().min(1).max(253),
  port: portNumber.default(POSTGRESQL_PORT),
  username: z.string().min(1).max(63),
  password: z.string().min(1),
  dbname: z.string().min(1).max(63).default(DEFAULT_DATABASE),
  masterarn: z.string().max(2_048).optional(),
  ssl: z.union([z.boolean(), z.stringbool()]).optional(),
});

type Credentials = Omit<z.infer<typeof credentials>, "password"> & {
  readonly password: Sensitive<string>;
};

export class PostgresqlUser implements BuiltInRotator {
  readonly kind = "built-in";
  readonly #terms: PostgresqlTerms;

  constructor(terms: PostgresqlTerms) {
    this.#terms = terms;
  }

  next(current: Sensitive<string> | null): Sensitive<string> {
    credentialsIn(current);
    return withPassword(objectIn(current?.reveal() ?? "") ?? {}, newPassword());
  }

  masterOf(current: Sensitive<string>): MasterRef | undefined {
    const { masterarn } = credentialsIn(current);
    if (masterarn === undefined) return undefined;
    const named = /^arn:aws[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$/.exec(masterarn)?.[1];
    const [, name, suffix] = /^(.+)-([A-Za-z0-9]{6})$/.exec(named ?? "") ?? [];
    if (name !== undefined && suffix !== undefined) return { name, suffix };
    return { name: named ?? masterarn, suffix: null };
  }

  /** With the pending password it is done already; else by whichever of the others is still good. */
  async set({ pending, current, previous, master }: RotationValues): Promise<void> {
    const wanted = credentialsIn(pending);
    const now = credentialsIn(current);
    assertSameUser(wanted, now);
    const already = await this.#logIn(wanted);
    if (already) return leave(already);
    const client = master
      ? await this.#logIn(masterFor(now, credentialsIn(master)))
      : ((await this.#logIn(now)) ?? (await this.#logIn(previousFor(now, previous))));
    if (!client) throw notDone("The database accepts none of the passwords that there are.");
    try {
      const role = client.escapeIdentifier(wanted.username);
      const verifier = client.escapeLiteral(await scramVerifier(wanted.password));
      await client.query(`ALTER ROLE ${role} WITH PASSWORD ${verifier}`);
    } catch {
      throw notDone("The database does not let the password be changed.");
    } finally {
      leave(client);
    }
  }

  async test({ pending }: RotationValues): Promise<void> {
    const client = await this.#logIn(credentialsIn(pending));
    if (!client) throw notDone("The database does not accept the new password.");
    try {
      await client.query("SELECT 1");
    } catch {
      throw notDone("The database does not answer who logs in with the new password.");
    } finally {
      leave(client);
    }
  }

  /** Undefined where the database knows no such user and password. */
  async #logIn(as: Credentials | undefined): Promise<pg.Client | undefined> {
    if (!as) return undefined;
    const { hosts, timeoutMs } = this.#terms;
    if (!hosts.has(as.host, as.port, POSTGRESQL_PORT)) {
      throw final("The database's host is none that rotators may reach: the operator names those.");
    }
    hosts.assertReachable(as.host);
    const client = new pg.Client({
      host: bareHost(as.host),
      stream: () => socketTo(as.host, hosts),
      port: as.port,
      user: as.username,
      password: as.password.reveal(),
      database: as.dbname,
      ssl: this.#tlsFor(as),
      application_name: "keytrail",
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    });
    // A connection that breaks while nobody waits for it.
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      leave(client);
      if (LOGIN_REFUSED.has((error as { code?: unknown }).code)) return undefined;
      // What the other side says goes nowhere: it may quote what was sent.
      throw notDone("The database could not be reached, or does not speak TLS as it has to.");
    }
  }

  /** By TLS, unless the secret says otherwise or the database is on this machine. */
  #tlsFor({ ssl, host }: Credentials): pg.ClientConfig["ssl"] {
    if (!(ssl ?? !isLoopbackHost(host))) return false;
    const { ca } = this.#terms;
    const servername = isIP(bareHost(host)) === 0 ? { servername: host } : {};
    return { rejectUnauthorized: true, ...servername, ...(ca ? { ca: [...ca] } : {}) };
  }
}

function credentialsIn(value: Sensitive<string> | null): Credentials {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value?.reveal() ?? "null");
  } catch {
    parsed = null;
  }
  const read = credentials.safeParse(parsed);
  if (!read.success) {
    throw final(
      "The value is no JSON object with engine (postgres), host, username and password, and if need be port, dbname, ssl and masterarn.",
    );
  }
  const { password, ...others } = read.data;
  return { ...others, password: new Sensitive(password) };
}

function isSameServer(one: Credentials, other: Credentials): boolean {
  return one.host === other.host && one.port === other.port;
}

/** Nobody else's password is changed by what stands in a new version. */
function assertSameUser(wanted: Credentials, now: Credentials): void {
  if (isSameServer(wanted, now) && wanted.username === now.username) return;
  throw final("The new version is for another user, or another database, than the current one.");
}

/** The master's own credentials are used only where they are for. */
function masterFor(now: Credentials, master: Credentials): Credentials {
  if (isSameServer(now, master)) return master;
  throw final("The master secret is for another database than this one.");
}

function previousFor(
  now: Credentials,
  previous: Sensitive<string> | null,
): Credentials | undefined {
  const before = previous && credentialsIn(previous);
  const isSame = before && isSameServer(before, now) && before.username === now.username;
  return isSame ? { ...now, password: before.password } : undefined;
}

/** A connection that looks at the addresses of the host it is made to. */
function socketTo(host: string, hosts: AllowedHosts): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  const lookup = hosts.lookup(host);
  socket.connect = ((port: number) =>
    connect({ port, host: bareHost(host), lookup })) as Socket["connect"];
  return socket;
}

/** Not waited for: a server that is gone by now would never say so. */
function leave(client: pg.Client): void {
  client.end().catch(() => undefined);
}

function notDone(sentence: string): RotatorFault {
  return new RotatorFault(sentence, { isFinal: false });
}

function final(sentence: string): RotatorFault {
  return new RotatorFault(sentence, { isFinal: true });
}
