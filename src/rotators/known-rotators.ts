/** The rotators of an installation: those that are built in, and the hooks that its operator lets it call. */
import type { FoundRotator, Rotators } from "../app/secrets/rotators.ts";
import { bareHost, type AllowedHosts } from "./allowed-hosts.ts";
import { Hook, HOOK_TIMEOUT_MS, type HookTerms } from "./hook.ts";
import { POSTGRESQL_TIMEOUT_MS, PostgresqlUser } from "./postgresql-user.ts";
import { randomPassword } from "./random-password.ts";

const HTTPS_PORT = 443;
export const MAX_ROTATOR_URL_CHARS = 2_048;

export interface RotatorOptions {
  /** By what `RotationLambdaARN` says: where that is. */
  readonly hooks: ReadonlyMap<string, URL>;
  /** Whom URLs and databases that others name may be at. */
  readonly hosts: AllowedHosts;
  readonly sign: HookTerms["sign"];
  readonly ca?: readonly string[] | undefined;
  readonly hookTimeoutMs?: number;
}

/** `arn:aws:lambda:eu-central-1:123456789012:function:keytrail-random-password`, or `keytrail:random-password`. */
const BUILT_IN =
  /^(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:keytrail-|keytrail:)([a-z-]+)$/;

export class KnownRotators implements Rotators {
  readonly #options: RotatorOptions;
  readonly #builtIn: ReadonlyMap<string, FoundRotator>;
  readonly #stopping = new AbortController();

  constructor(options: RotatorOptions) {
    this.#options = options;
    const { hosts, ca } = options;
    this.#builtIn = new Map<string, FoundRotator>([
      ["random-password", randomPassword],
      ["postgresql-user", new PostgresqlUser({ hosts, ca, timeoutMs: POSTGRESQL_TIMEOUT_MS })],
    ]);
  }

  find(lambdaArn: string): FoundRotator | undefined {
    const url = this.#options.hooks.get(lambdaArn) ?? this.#urlIn(lambdaArn);
    if (url) return new Hook(url, this.#hookTerms());
    return this.#builtIn.get(BUILT_IN.exec(lambdaArn)?.[1] ?? "");
  }

  /** Whoever is being asked is not waited for any more. */
  stop(): void {
    this.#stopping.abort();
  }

  #hookTerms(): HookTerms {
    const { hosts, sign, ca, hookTimeoutMs: timeoutMs = HOOK_TIMEOUT_MS } = this.#options;
    return { hosts, sign, ca, timeoutMs, stopped: this.#stopping.signal };
  }

  /**
   * A URL that a caller has named: by https, at a host that the operator has named. Whoever may describe the secret is
   * told it, so nothing of it is a secret by its form: no user, no password, no query, no fragment.
   */
  #urlIn(text: string): URL | undefined {
    if (!text.startsWith("https://") || text.length > MAX_ROTATOR_URL_CHARS) return undefined;
    const url = URL.parse(text);
    const isOpen = url?.username === "" && url.password === "";
    if (!isOpen || url.search !== "" || url.hash !== "") return undefined;
    const port = url.port === "" ? HTTPS_PORT : Number(url.port);
    return this.#options.hosts.has(bareHost(url.hostname), port, HTTPS_PORT) ? url : undefined;
  }
}
