/** rsyslog as Debian has it: UDP, TCP (either framing) and TLS with certificates of clients, written as lines of JSON. */
import type { TlsAuthority } from "./tls-authority.ts";
import { Daemon, freePort } from "./daemon.ts";
import { RECEIVED, type Received, type Receiver } from "./syslog-receiver.ts";

const LONG_MESSAGES = 'maxMessageSize="256k"';

/** With `hasDefaultLimits` no longer a message than it takes unless it is told otherwise. */
export async function startRsyslog(
  authority: TlsAuthority,
  { hasDefaultLimits = false } = {},
): Promise<Receiver> {
  const [udp, tcp, tls] = [await freePort(), await freePort(), await freePort()];
  const { certificate, key } = authority.server();
  const daemon = await Daemon.start({
    programs: ["/usr/sbin/rsyslogd"],
    package: "rsyslog and rsyslog-openssl",
    args: (folder) => ["-n", "-f", `${folder}/rsyslog.conf`, "-i", `${folder}/rsyslog.pid`],
    port: tcp,
    files: (folder) => ({
      "ca.crt": authority.certificate,
      "server.crt": certificate,
      "server.key": key,
      "rsyslog.conf": configuration(
        folder,
        { udp, tcp, tls },
        hasDefaultLimits ? "" : LONG_MESSAGES,
      ),
    }),
  });
  return {
    daemon,
    ports: { udp, octet: tcp, lf: tcp, tls },
    received: () => daemon.lines(RECEIVED).map(readLine),
  };
}

function configuration(
  folder: string,
  { udp, tcp, tls }: { readonly udp: number; readonly tcp: number; readonly tls: number },
  limits: string,
): string {
  const property = (outname: string, name: string, more = "") =>
    `  property(outname="${outname}" name="${name}" format="jsonf" ${more})\n  constant(value=",")`;
  return `
global(
  workDirectory="${folder}" ${limits}
  defaultNetstreamDriverCAFile="${folder}/ca.crt"
  defaultNetstreamDriverCertFile="${folder}/server.crt"
  defaultNetstreamDriverKeyFile="${folder}/server.key"
)
module(load="imudp")
module(load="imtcp")
module(load="mmpstrucdata")
input(type="imudp" address="127.0.0.1" port="${udp}")
input(type="imtcp" address="127.0.0.1" port="${tcp}")
input(type="imtcp" address="127.0.0.1" port="${tls}" streamDriver.name="ossl" streamDriver.mode="1"
  streamDriver.authMode="x509/certvalid")
template(name="json" type="list") {
  constant(value="{")
${property("pri", "pri")}
${property("time", "timereported", 'dateFormat="rfc3339"')}
${property("host", "hostname")}
${property("app", "app-name")}
${property("tag", "syslogtag")}
${property("msgid", "msgid")}
${property("sd", "structured-data")}
${property("msg", "msg")}
  constant(value="\\"parsed\\":")
  property(name="$!rfc5424-sd")
  constant(value="}\\n")
}
action(type="mmpstrucdata" sd_name.lowercase="off")
action(type="omfile" file="${folder}/${RECEIVED}" template="json")
`;
}

function readLine(line: string): Received {
  const { pri, time, host, app, tag, msgid, msg, parsed } = JSON.parse(
    line.replace(/"parsed":\}$/, '"parsed":{}}'),
  );
  return { pri: Number(pri), time, host, app, tag, msgid, msg: msg.replace(/^\ufeff/, ""), parsed };
}
