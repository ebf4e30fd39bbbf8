/** How an installation is told what to do: options of `keytrail serve`, each with its environment variable. */
import { parseArgs } from "node:util";
import { isIP } from "node:net";

export interface TlsFiles {
  readonly kind: "files";
  readonly certificate: string;
  readonly key: string;
}

/** A certificate for loopback names, made at the first start and kept in the data folder. */
export interface TlsSelfSigned {
  readonly kind: "self-signed";
}

export interface EventNotifications {
  readonly crn: string;
  /** May hold a secret of the receiver's. */
  readonly url: URL;
}

/** Which rotator stands for which name. */
export interface RotationHook {
  readonly arn: string;
  /** May hold a secret of the rotator's. */
  readonly url: URL;
}

/** The URLs of the directories of the certificate authorities (RFC 8555, section 7.1.1), by their environment. */
export interface AcmeDirectories {
  readonly production: string;
  readonly staging: string;
}

/** Of calls in `perMs`. Which operations there are is not known here. */
export interface QuotaOption {
  readonly operation: string;
  readonly calls: number;
  readonly perMs: number;
}

export interface ServeConfig {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | TlsSelfSigned | null;
  readonly trustedProxies: readonly string[];
  /** A C2SP tlog-policy file that names the witnesses to ask. */
  readonly witnessPolicy: string | null;
  /** Only at the first start: the name under which the log signs, a URL without scheme. */
  readonly logName: string | null;
  /** Only at the first start: the region of the instance that is made. */
  readonly region: string;
  /** A file that names the regions in which there may be instances, in place of IBM's. */
  readonly regionsFile: string | null;
  /** The domain under which instances have names of their own, `{instance}.{region}.{domain}`; with a port if need be. */
  readonly publicDomain: string | null;
  /** Which instance of Event Notifications stands for which webhook. */
  readonly eventNotifications: readonly EventNotifications[];
  /** Each `whsec_` and base64: the keys that sign what goes to webhooks. Of the environment only. */
  readonly notificationsSecrets: readonly string[];
  /** Where public certificates are ordered: Let's Encrypt's directories, unless something else is said. */
  readonly acmeDirectories: AcmeDirectories;
  readonly rotationHooks: readonly RotationHook[];
  /** The hosts, each with its port if it is another one than usual, that rotators named by others may be at. */
  readonly rotationHosts: readonly string[];
  /** A file with certificates (PEM) of authorities that rotators and their databases are trusted by. */
  readonly rotationCa: string | null;
  /** As `notificationsSecrets`, for what goes to rotators. */
  readonly rotationSecrets: readonly string[];
  /** How often an account may ask for an operation; those that are not named are not limited. */
  readonly quotas: readonly QuotaOption[];
  /** A file that names the destinations of the trail that no token can change. */
  readonly destinationsFile: string | null;
  /** Addresses and ranges that destinations of others may be at besides: this host, above all. */
  readonly destinationAddresses: readonly string[];
  /** What a variable of the environment says, for credentials that the file of destinations names by one. */
  readonly credentialNamed: (variable: string) => string | undefined;
  readonly demo: boolean;
  /** Each base64 of 32 bytes, the newest first; without any the root key is a file in the data folder. */
  readonly rootKeys: readonly string[];
}

/** The configuration contradicts itself or cannot be read. The message says what to change. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export const DEFAULT_PORT = 8420;
export const LETS_ENCRYPT: AcmeDirectories = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
};

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

type Environment = Readonly<Record<string, string | undefined>>;

export const SERVE_OPTIONS = {
  data: { type: "string" },
  host: { type: "string" },
  port: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "tls-self-signed": { type: "boolean" },
  "allow-plaintext": { type: "boolean" },
  "trust-proxy": { type: "string", multiple: true },
  "witness-policy": { type: "string" },
  "log-name": { type: "string" },
  region: { type: "string" },
  regions: { type: "string" },
  "public-domain": { type: "string" },
  "acme-directory": { type: "string", multiple: true },
  "event-notifications": { type: "string", multiple: true },
  "rotation-hook": { type: "string", multiple: true },
  "rotation-hosts": { type: "string", multiple: true },
  "rotation-ca": { type: "string" },
  quota: { type: "string", multiple: true },
  destinations: { type: "string" },
  "destination-addresses": { type: "string", multiple: true },
  demo: { type: "boolean" },
} as const;

/** Options win over the environment, and that over the defaults: the loopback address, `./data`. */
export function readServeConfig(args: readonly string[], env: Environment): ServeConfig {
  const { values } = parseArgs({ args: [...args], options: SERVE_OPTIONS });
  const host = values.host ?? env["KEYTRAIL_HOST"] ?? "127.0.0.1";
  const tls = tlsOf(values, env);
  if (
    !tls &&
    !LOOPBACK.has(host) &&
    !isOn(values["allow-plaintext"], env["KEYTRAIL_ALLOW_PLAINTEXT"])
  ) {
    throw new ConfigError(
      `Listening on ${host} without TLS would send secrets in the clear. Give --tls-cert and --tls-key, or ` +
        "--tls-self-signed; or say --allow-plaintext if a proxy in front of it speaks TLS.",
    );
  }
  return {
    data: values.data ?? env["KEYTRAIL_DATA"] ?? "./data",
    host,
    port: portOf(values.port ?? env["KEYTRAIL_PORT"]),
    tls,
    trustedProxies: proxiesOf(values["trust-proxy"] ?? list(env["KEYTRAIL_TRUST_PROXY"])),
    witnessPolicy: values["witness-policy"] ?? env["KEYTRAIL_WITNESS_POLICY"] ?? null,
    logName: values["log-name"] ?? env["KEYTRAIL_LOG_NAME"] ?? null,
    region: values.region ?? env["KEYTRAIL_REGION"] ?? "us-south",
    regionsFile: values.regions ?? env["KEYTRAIL_REGIONS"] ?? null,
    publicDomain: domainOf(values["public-domain"] ?? env["KEYTRAIL_PUBLIC_DOMAIN"]),
    eventNotifications: destinationsOf(
      values["event-notifications"] ?? destinationList(env["KEYTRAIL_EVENT_NOTIFICATIONS"]),
    ),
    notificationsSecrets: list(env["KEYTRAIL_NOTIFICATIONS_SECRET"]),
    acmeDirectories: acmeDirectoriesOf(
      values["acme-directory"] ?? list(env["KEYTRAIL_ACME_DIRECTORY"]),
    ),
    rotationHooks: hooksOf(values["rotation-hook"] ?? hookList(env["KEYTRAIL_ROTATION_HOOKS"])),
    rotationHosts: hostsOf(values["rotation-hosts"] ?? list(env["KEYTRAIL_ROTATION_HOSTS"])),
    rotationCa: values["rotation-ca"] ?? env["KEYTRAIL_ROTATION_CA"] ?? null,
    rotationSecrets: list(env["KEYTRAIL_ROTATION_SECRET"]),
    quotas: quotasOf(values.quota ?? list(env["KEYTRAIL_QUOTA"])),
    destinationsFile: values.destinations ?? env["KEYTRAIL_DESTINATIONS"] ?? null,
    destinationAddresses: addressesOf(
      values["destination-addresses"] ?? list(env["KEYTRAIL_DESTINATION_ADDRESSES"]),
    ),
    credentialNamed: (variable) => env[variable],
    demo: values.demo ?? false,
    rootKeys: list(env["KEYTRAIL_ROOT_KEY"]),
  };
}

function tlsOf(
  values: {
    readonly "tls-cert"?: string;
    readonly "tls-key"?: string;
    readonly "tls-self-signed"?: boolean;
  },
  env: Environment,
): ServeConfig["tls"] {
  const certificate = values["tls-cert"] ?? env["KEYTRAIL_TLS_CERT"];
  const key = values["tls-key"] ?? env["KEYTRAIL_TLS_KEY"];
  const selfSigned = isOn(values["tls-self-signed"], env["KEYTRAIL_TLS_SELF_SIGNED"]);
  if ((certificate === undefined) !== (key === undefined)) {
    throw new ConfigError("TLS needs both --tls-cert and --tls-key: one of them is missing.");
  }
  if (certificate !== undefined && key !== undefined) {
    if (selfSigned)
      throw new ConfigError("Give either a certificate or --tls-self-signed, not both.");
    return { kind: "files", certificate, key };
  }
  return selfSigned ? { kind: "self-signed" } : null;
}

/** Port 0 lets the system choose; the address that was chosen is printed. */
function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new ConfigError("The port must be a number from 0 to 65535.");
  }
  return port;
}

/** Labels of letters, digits and dashes (RFC 1123, section 2.1), without a scheme and without a path. */
const DOMAIN =
  /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:\d{1,5})?$/i;

function domainOf(text: string | undefined): string | null {
  if (text === undefined || text === "") return null;
  const isAddress = isIP(text.split(":", 1)[0] ?? "") !== 0;
  // What instances are called by begins with a label of theirs: that has to be a name, too.
  if (!DOMAIN.test(text) || isAddress || !URL.canParse(`https://instance.${text}`)) {
    throw new ConfigError(
      "--public-domain is a domain such as secrets.example.com, if need be with a port; not a URL, not an address.",
    );
  }
  return text.toLowerCase();
}

/** Each is `production=URL` or `staging=URL`: https, or http on this machine, for an authority under development. */
function acmeDirectoriesOf(given: readonly string[]): AcmeDirectories {
  const directories: { -readonly [Which in keyof AcmeDirectories]: string } = {
    ...LETS_ENCRYPT,
  };
  for (const one of given) {
    const [, environment, text = ""] = /^(production|staging)=(.*)$/.exec(one) ?? [];
    const url = URL.parse(text);
    const isPlain = url !== null && isOnThisMachine(url);
    const isAnybodys = url?.username === "" && url.password === "";
    if (!environment || !isAnybodys || (url.protocol !== "https:" && !isPlain)) {
      throw new ConfigError(
        "--acme-directory is production=URL or staging=URL, the URL of an ACME directory by https.",
      );
    }
    directories[environment as keyof AcmeDirectories] = url.href;
  }
  return directories;
}

function proxiesOf(addresses: readonly string[]): readonly string[] {
  for (const address of addresses) {
    if (isIP(address.split("/", 1)[0] ?? "") === 0) {
      throw new ConfigError("A trusted proxy is an IP address or a CIDR range.");
    }
  }
  return addresses;
}

function addressesOf(given: readonly string[]): readonly string[] {
  const ranges = given.flatMap((text) => list(text));
  if (!ranges.every(isRange)) {
    throw new ConfigError(
      "--destination-addresses are addresses or CIDR ranges: 127.0.0.1, 10.0.0.0/8, ::1.",
    );
  }
  return ranges;
}

/** RFC 4632, RFC 4291. */
function isRange(text: string): boolean {
  const [address = "", prefix, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
  );
}

/** Webhooks of one installation. */
export const MAX_EVENT_NOTIFICATIONS = 100;
/** IBM's form of a CRN, which for an instance ends in two colons; the equals sign that follows is ours. */
const DESTINATION = /^(crn:v\d:[^=\s]{3,500})=(https?:\/\/\S{1,2000})$/;

/** URLs are not repeated: they may hold a secret. */
function destinationsOf(given: readonly string[]): readonly EventNotifications[] {
  if (given.length > MAX_EVENT_NOTIFICATIONS) {
    throw new ConfigError(
      `--event-notifications is given at most ${MAX_EVENT_NOTIFICATIONS} times.`,
    );
  }
  const destinations = given.map((text) => {
    const [, crn = "", url = ""] = DESTINATION.exec(text) ?? [];
    if (!URL.canParse(url)) {
      throw new ConfigError(
        "--event-notifications is CRN=URL: the CRN of an instance of Event Notifications, and the http or https URL of the webhook that it stands for.",
      );
    }
    return { crn, url: new URL(url) };
  });
  if (new Set(destinations.map(({ crn }) => crn)).size < destinations.length) {
    throw new ConfigError("--event-notifications names one CRN twice.");
  }
  return destinations;
}

/** Parted where another CRN begins: a URL may hold commas. */
function destinationList(text: string | undefined): readonly string[] {
  if (text === undefined || text === "") return [];
  return text.split(/,(?=\s*crn:)/).map((item) => item.trim());
}

/** Rotators of one installation. */
export const MAX_ROTATION_HOOKS = 100;
const HOOK = /^([^=\s]{1,2048})=(https?:\/\/\S{1,2000})$/;

/** By https, or by http on this machine. URLs are not repeated: they may hold a secret. */
function hooksOf(given: readonly string[]): readonly RotationHook[] {
  const hooks = given.map((text) => {
    const [, arn = "", link = ""] = HOOK.exec(text) ?? [];
    const url = URL.parse(link);
    if (!url || (url.protocol !== "https:" && !isOnThisMachine(url))) {
      throw new ConfigError(
        "--rotation-hook is ARN=URL: what a RotationLambdaARN says, and the https URL of the rotator that it stands for.",
      );
    }
    return { arn, url };
  });
  const isTwice = new Set(hooks.map(({ arn }) => arn)).size < hooks.length;
  if (isTwice || hooks.length > MAX_ROTATION_HOOKS) {
    throw new ConfigError(
      `--rotation-hook names one ARN twice, or is given more than ${MAX_ROTATION_HOOKS} times.`,
    );
  }
  return hooks;
}

/** Parted where another name begins: a URL may hold commas. */
function hookList(text: string | undefined): readonly string[] {
  if (text === undefined || text === "") return [];
  return text.split(/,(?=\s*[^=\s,]+=https?:)/).map((item) => item.trim());
}

const HOST = /^(?:[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

function hostsOf(given: readonly string[]): readonly string[] {
  const hosts = given.flatMap((text) => list(text));
  if (hosts.some((host) => !HOST.test(host))) {
    throw new ConfigError(
      "--rotation-hosts are names or addresses of hosts, each with a port if need be: db.example.com, hooks.example.com:8443.",
    );
  }
  return hosts.map((host) => host.toLowerCase());
}

function isOnThisMachine({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && LOOPBACK.has(hostname.replaceAll(/[[\]]/g, ""));
}

/** Of one operation's quota at most so many calls. */
const MAX_QUOTA_CALLS = 1_000_000;
/** `event.search=2/s` */
const QUOTA = /^([a-z][a-z.-]{2,63})=([1-9]\d{0,6})\/([smhd])$/;
const PER_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function quotasOf(given: readonly string[]): readonly QuotaOption[] {
  const quotas = given.map((text) => {
    const [, operation = "", calls = "", unit = ""] = QUOTA.exec(text) ?? [];
    if (operation === "" || Number(calls) > MAX_QUOTA_CALLS) {
      throw new ConfigError(
        "--quota is OPERATION=CALLS/UNIT, as event.search=2/s; the units are s, m, h and d.",
      );
    }
    return { operation, calls: Number(calls), perMs: PER_MS[unit as keyof typeof PER_MS] };
  });
  if (new Set(quotas.map(({ operation }) => operation)).size < quotas.length) {
    throw new ConfigError("--quota names one operation twice.");
  }
  return quotas;
}

function isOn(flag: boolean | undefined, text: string | undefined): boolean {
  return flag ?? (text === "1" || text === "true");
}

function list(text: string | undefined): readonly string[] {
  return text === undefined || text === "" ? [] : text.split(",").map((item) => item.trim());
}
