/** syslog-ng as Debian has it: UDP, TCP (either framing) and TLS with certificates of clients, written as lines of JSON. */
import { Daemon, freePort } from "./daemon.ts";
import { RECEIVED, type Received, type Receiver } from "./syslog-receiver.ts";
import type { TlsAuthority } from "./tls-authority.ts";

/** Debian lets a machine have one daemon of syslog: the other one is unpacked here (see .ci/run). */
const ASIDE = "/opt/syslog-ng";

export async function startSyslogNg(authority: TlsAuthority): Promise<Receiver> {
  const ports = {
    udp: await freePort(),
    octet: await freePort(),
    lf: await freePort(),
    tls: await freePort(),
  };
  const { certificate, key } = authority.server();
  const daemon = await Daemon.start({
    programs: [`${ASIDE}/usr/sbin/syslog-ng`, "/usr/sbin/syslog-ng"],
    package: "syslog-ng-core",
    args: (folder) => {
      const kept = ["-R", `${folder}/persist`, "-p", `${folder}/pid`, "-c", `${folder}/control`];
      const modules = `${ASIDE}/usr/lib/syslog-ng/3.38:/usr/lib/syslog-ng/3.38`;
      const how = ["-F", "--no-caps", `--module-path=${modules}`];
      return [...how, "-f", `${folder}/syslog-ng.conf`, ...kept];
    },
    env: { LD_LIBRARY_PATH: `${ASIDE}/usr/lib/syslog-ng` },
    port: ports.octet,
    files: (folder) => ({
      "ca.crt": authority.certificate,
      "server.crt": certificate,
      "server.key": key,
      "syslog-ng.conf": configuration(folder, ports),
    }),
  });
  return { daemon, ports, received: () => daemon.lines(RECEIVED).map(readLine) };
}

function configuration(folder: string, { udp, octet, lf, tls }: Receiver["ports"]): string {
  const at = (port: number) => `ip("127.0.0.1") port(${port})`;
  return `@version: 3.38
options {
  keep-hostname(yes); chain-hostnames(no); use-dns(no); dns-cache(no); log-msg-size(262144);
  ts-format(iso); frac-digits(6); stats-freq(0); send-time-zone("UTC"); recv-time-zone("UTC");
};
source network {
  syslog(transport("udp") ${at(udp)});
  syslog(transport("tcp") ${at(octet)});
  network(transport("tcp") ${at(lf)} flags(syslog-protocol));
  syslog(transport("tls") ${at(tls)} tls(
    key-file("${folder}/server.key") cert-file("${folder}/server.crt")
    ca-file("${folder}/ca.crt") peer-verify(required-trusted)));
};
destination lines {
  file("${folder}/${RECEIVED}" template("$(format-json --key .SDATA.* pri=$PRI time=$ISODATE host=$HOST
    app=$PROGRAM tag=$PROGRAM msgid=$MSGID msg=$MESSAGE)\\n"));
};
log { source(network); destination(lines); };
`;
}

function readLine(line: string): Received {
  const { pri, time, host, app, tag, msgid, msg, _SDATA: parsed = {} } = JSON.parse(line);
  return { pri: Number(pri), time, host, app, tag, msgid, msg: msg ?? "", parsed };
}
