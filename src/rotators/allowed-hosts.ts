/**
 * Which servers rotators may reach: those that the operator has named. Secrets and rotations are set up by others, who
 * are not to have this server call wherever they like.
 */
import { lookup as resolve } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { RotatorFault } from "../app/secrets/rotators.ts";

/** Whether requests leave for this address at all; a loopback one where that is what was named. */
export type IsReachable = (address: string, which: { readonly isLoopback: boolean }) => boolean;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

export class AllowedHosts {
  readonly #named: ReadonlySet<string>;
  readonly #isReachable: IsReachable;

  /** Each a name or an address; with a port, if it is another one than is usual for what is called there. */
  constructor(named: readonly string[], isReachable: IsReachable) {
    this.#named = new Set(named.map((one) => one.toLowerCase()));
    this.#isReachable = isReachable;
  }

  has(host: string, port: number, usualPort: number): boolean {
    const bare = bareHost(host);
    const written = isIP(bare) === 6 ? `[${bare}]` : bare;
    return (
      this.#named.has(`${written}:${port}`) || (port === usualPort && this.#named.has(written))
    );
  }

  /** Looks at the addresses where the connection is made: a name cannot mean another one by then. */
  lookup(host: string): LookupFunction {
    const isLoopback = LOOPBACK.test(bareHost(host));
    return (hostname, options, callback) => {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, []);
        const within = addresses.filter(({ address }) =>
          this.#isReachable(address, { isLoopback }),
        );
        const [first] = within;
        if (!first) return callback(new Error("its address is none that requests leave for"), []);
        if (options.all) return callback(null, within);
        return callback(null, first.address, first.family);
      });
    };
  }

  /** The same of what is an address already, which nobody looks up. */
  assertReachable(host: string): void {
    const bare = bareHost(host);
    if (isIP(bare) === 0 || this.#isReachable(bare, { isLoopback: LOOPBACK.test(bare) })) return;
    throw new RotatorFault("The rotator's address is none that requests leave for.", {
      isFinal: true,
    });
  }
}

/** Without the brackets that an address of IPv6 has in a URL. */
export function bareHost(host: string): string {
  return host.toLowerCase().replaceAll(/^\[|\]$/g, "");
}

/** Nobody else's servers: this machine's own. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(bareHost(host));
}
