/** `keytrail serve`: runs the server until it is told to stop, and says where things are. */
import { ConfigError, readServeConfig, type ServeConfig } from "../config.ts";
import { EXIT, UsageError, type Command, type CommandIo } from "./command.ts";

/** What a first start made. Shown once; the API key cannot be had again. */
export interface FirstStart {
  readonly accountId: string;
  readonly instanceCrn: string;
  readonly apiKey: string;
}

export interface RunningServer {
  readonly url: string;
  readonly dataFolder: string;
  readonly logVkey: string;
  readonly ledgerSize: number;
  readonly firstStart: FirstStart | undefined;
  /** Whether the file with the first credentials is still in the data folder. */
  readonly hasBootstrapFile: boolean;
  /** The certificate that clients of this machine have to be told of, when it was made here. */
  readonly ownCertificate: string | undefined;
  /** Settles when the server can no longer go on; the reason is for the operator. */
  readonly failed: Promise<Error>;
  /** Takes no more requests, ends those under way, flushes, publishes a last checkpoint. */
  stop(): Promise<void>;
}

export interface ServeHooks {
  /** One line of progress or warning for whoever watches the terminal. */
  readonly say: (line: string) => void;
}

export type StartServer = (config: ServeConfig, hooks: ServeHooks) => Promise<RunningServer>;

const usage = `keytrail serve - run the server

  keytrail serve [options]

  --data DIR            where everything is kept (KEYTRAIL_DATA, ./data)
  --host ADDRESS        address to listen on (KEYTRAIL_HOST, 127.0.0.1)
  --port PORT           port to listen on, 0 for any (KEYTRAIL_PORT, 8420)
  --tls-cert FILE       certificate chain, PEM (KEYTRAIL_TLS_CERT)
  --tls-key FILE        its key, PEM (KEYTRAIL_TLS_KEY)
  --tls-self-signed     make a certificate for loopback names, for development
  --allow-plaintext     listen beyond loopback without TLS: a proxy in front speaks it
  --trust-proxy IP      believe X-Forwarded-For from this address or range; repeatable
  --witness-policy FILE C2SP tlog-policy naming the witnesses to ask for cosignatures
  --log-name NAME       first start only: the log's name, a URL without scheme
  --region REGION       first start only: the region of the first instance (us-south)
  --regions FILE        JSON that names the regions, in place of IBM's (KEYTRAIL_REGIONS)
  --public-domain NAME  instances have names of their own, {instance}.{region}.NAME (KEYTRAIL_PUBLIC_DOMAIN)
  --event-notifications CRN=URL  webhook that an instance of Event Notifications stands for; repeatable
                        (KEYTRAIL_EVENT_NOTIFICATIONS)
  --acme-directory E=URL where public certificates are ordered, E production or staging; repeatable
                        (KEYTRAIL_ACME_DIRECTORY, Let's Encrypt)
  --quota OPERATION=N/U  at most N calls of an operation per account and U, s, m, h or d; repeatable
                        (KEYTRAIL_QUOTA)
  --destinations FILE   YAML that names receivers of the trail, beyond the reach of any token
                        (KEYTRAIL_DESTINATIONS)
  --destination-addresses RANGE  address or CIDR range that others' destinations may be at although it is
                        this host's or nobody's; repeatable (KEYTRAIL_DESTINATION_ADDRESSES)
  --demo                first start only: also live through an hour of believable activity

  KEYTRAIL_ROOT_KEY     base64 of 32 bytes that seal every secret; without it a file in the data folder
  KEYTRAIL_NOTIFICATIONS_SECRET  whsec_ and base64 of 24 to 64 bytes: signs what goes to webhooks

Examples
  keytrail serve --demo
  keytrail serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
`;

/** `commandName`: how this very command is called from where it runs, for what is shown to be pasted. */
export function serveCommand(start: StartServer, commandName: string): Command {
  return {
    name: "serve",
    summary: "run the server",
    usage,
    async run(args, io) {
      const config = configOf(args, io);
      const say = (line: string): void => void io.stderr.write(`${line}\n`);
      const server = await started(() => start(config, { say }));
      for (const line of greeting(server, commandName)) io.stdout.write(`${line}\n`);
      const end = await Promise.race([server.failed, aborted(io.signal)]);
      if (end) say(`Keytrail stops: ${end.message}`);
      else
        say(
          "Keytrail is stopping: requests under way are answered, then the last checkpoint is published.",
        );
      await server.stop();
      return end ? EXIT.unavailable : EXIT.ok;
    },
  };
}

function configOf(args: readonly string[], io: CommandIo): ServeConfig {
  try {
    return readServeConfig(args, io.env);
  } catch (error) {
    throw asUsage(error);
  }
}

/** Files that the configuration names are read at the start, and may be of no use. */
async function started(start: () => Promise<RunningServer>): Promise<RunningServer> {
  try {
    return await start();
  } catch (error) {
    throw asUsage(error);
  }
}

function asUsage(error: unknown): unknown {
  return error instanceof ConfigError ? new UsageError(error.message, { cause: error }) : error;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

/** The first start shows what to paste; any other says where things are. */
function greeting(server: RunningServer, commandName: string): readonly string[] {
  const where = [
    `Keytrail listens on ${server.url}`,
    `  data     ${server.dataFolder} (${server.ledgerSize} entries in the ledger)`,
    `  log key  ${server.logVkey}`,
  ];
  const { firstStart } = server;
  if (!firstStart) {
    const reminder = server.hasBootstrapFile
      ? [
          `  NOTE     bootstrap.json with the first credentials is still in ${server.dataFolder}: remove it.`,
        ]
      : [];
    return [...where, ...reminder, ""];
  }
  return [...where, "", ...firstSteps(server, firstStart, commandName), ""];
}

function firstSteps(
  server: RunningServer,
  first: FirstStart,
  commandName: string,
): readonly string[] {
  const { ownCertificate } = server;
  const trust = ownCertificate ? ` --cacert ${ownCertificate}` : "";
  const trusting = ownCertificate ? `NODE_EXTRA_CA_CERTS=${ownCertificate} ` : "";
  return [
    "This is the first start. An account, an administrator and an API key were made; the key is shown once:",
    `  account   ${first.accountId}`,
    `  instance  ${first.instanceCrn}`,
    `  API key   ${first.apiKey}`,
    `The same stands in ${server.dataFolder}/bootstrap.json (0600). Remove it when you have read it.`,
    "",
    "Create a secret, read it, find the event. In another terminal:",
    "",
    `  export KEYTRAIL_URL=${server.url} KEYTRAIL_API_KEY=${first.apiKey}`,
    `  TOKEN=$(curl -s${trust} $KEYTRAIL_URL/identity/token -d grant_type=urn:ibm:params:oauth:grant-type:apikey -d apikey=$KEYTRAIL_API_KEY | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `  ID=$(curl -s${trust} $KEYTRAIL_URL/api/v2/secrets -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"name":"first-secret","secret_type":"arbitrary","payload":"correct horse"}' | sed 's/.*"id":"\\([0-9a-f-]\\{36\\}\\)".*/\\1/')`,
    `  curl -s${trust} $KEYTRAIL_URL/api/v2/secrets/$ID -H "Authorization: Bearer $TOKEN"`,
    `  ${trusting}${commandName} events 'host:secrets-manager action:secrets-manager.secret.read'`,
  ];
}
