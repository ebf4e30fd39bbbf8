import { describe, expect, it } from "vitest";
import { ConfigError, DEFAULT_PORT, LETS_ENCRYPT, readServeConfig } from "./config.ts";

describe("the configuration", () => {
  it("is loopback, ./data and no TLS unless something else is said", () => {
    expect(readServeConfig([], {})).toMatchObject({
      data: "./data",
      host: "127.0.0.1",
      port: DEFAULT_PORT,
      tls: null,
      trustedProxies: [],
      rootKeys: [],
      demo: false,
    });
  });

  it("takes the environment, and options before it", () => {
    const env = {
      KEYTRAIL_DATA: "/env",
      KEYTRAIL_PORT: "1",
      KEYTRAIL_HOST: "::1",
      KEYTRAIL_TRUST_PROXY: "10.0.0.1, 10.1.0.0/16",
      KEYTRAIL_ROOT_KEY: "new,old",
    };
    expect(readServeConfig([], env)).toMatchObject({
      data: "/env",
      port: 1,
      host: "::1",
      trustedProxies: ["10.0.0.1", "10.1.0.0/16"],
      rootKeys: ["new", "old"],
    });
    expect(readServeConfig(["--data", "/option", "--port", "0"], env)).toMatchObject({
      data: "/option",
      port: 0,
    });
  });

  it("names the regions' file and the domain of instances by option or environment", () => {
    expect(readServeConfig([], {})).toMatchObject({ regionsFile: null, publicDomain: null });
    const env = { KEYTRAIL_REGIONS: "r.json", KEYTRAIL_PUBLIC_DOMAIN: "Secrets.Example.com:8443" };
    expect(readServeConfig([], env)).toMatchObject({
      regionsFile: "r.json",
      publicDomain: "secrets.example.com:8443",
    });
    const args = ["--regions", "other.json", "--public-domain", "localhost"];
    expect(readServeConfig(args, env)).toMatchObject({
      regionsFile: "other.json",
      publicDomain: "localhost",
    });
  });

  it("takes a file of destinations, and addresses that others' may be at", () => {
    expect(readServeConfig([], {})).toMatchObject({
      destinationsFile: null,
      destinationAddresses: [],
    });
    const env = {
      KEYTRAIL_DESTINATIONS: "siem.yaml",
      KEYTRAIL_DESTINATION_ADDRESSES: "127.0.0.1, 10.0.0.0/8",
      SPLUNK_TOKEN: "t",
    };
    const config = readServeConfig([], env);
    expect(config.destinationsFile).toBe("siem.yaml");
    expect(config.destinationAddresses).toEqual(["127.0.0.1", "10.0.0.0/8"]);
    expect([config.credentialNamed("SPLUNK_TOKEN"), config.credentialNamed("NONE")]).toEqual([
      "t",
      undefined,
    ]);
    const args = ["--destinations", "other.yaml", "--destination-addresses", "::1"];
    expect(readServeConfig(args, env)).toMatchObject({
      destinationsFile: "other.yaml",
      destinationAddresses: ["::1"],
    });
    for (const wrong of ["localhost", "10.0.0.0/33", "::1/129", "10.0.0.0/8/8"]) {
      expect(() => readServeConfig(["--destination-addresses", wrong], {})).toThrow(ConfigError);
    }
  });

  it("limits what it is told to limit, and nothing else", () => {
    expect(readServeConfig([], {}).quotas).toEqual([]);
    const search = { operation: "event.search", calls: 2, perMs: 1_000 };
    const env = { KEYTRAIL_QUOTA: "event.search=2/s,secret.read=600/m" };
    expect(readServeConfig([], env).quotas).toEqual([
      search,
      { operation: "secret.read", calls: 600, perMs: 60_000 },
    ]);
    expect(readServeConfig(["--quota", "event.search=2/s"], {}).quotas).toEqual([search]);
    for (const quota of ["event.search", "event.search=0/s", "event.search=2/w", "=2/s", "a=1/s"]) {
      expect(() => readServeConfig(["--quota", quota], {})).toThrow(ConfigError);
    }
    const twice = ["--quota", "event.search=2/s", "--quota", "event.search=3/s"];
    expect(() => readServeConfig(twice, {})).toThrow("twice");
  });

  it("orders public certificates from Let's Encrypt, or from where it is told", () => {
    expect(readServeConfig([], {}).acmeDirectories).toEqual(LETS_ENCRYPT);
    const env = { KEYTRAIL_ACME_DIRECTORY: "staging=http://localhost:14000/dir" };
    const staging = "http://localhost:14000/dir";
    expect(readServeConfig([], env).acmeDirectories).toEqual({ ...LETS_ENCRYPT, staging });
    const given = ["production=https://ca.example.com/acme", "staging=http://[::1]:1/a"];
    const args = given.flatMap((one) => ["--acme-directory", one]);
    expect(readServeConfig(args, env).acmeDirectories).toEqual({
      production: "https://ca.example.com/acme",
      staging: "http://[::1]:1/a",
    });
    for (const wrong of [
      "https://ca.example.com/acme",
      "testing=https://ca.example.com/acme",
      "production=http://ca.example.com/acme",
      "production=https://somebody@ca.example.com/acme",
      "production=https://:something@ca.example.com/acme",
      "production=ca.example.com",
    ]) {
      expect(() => readServeConfig(["--acme-directory", wrong], {})).toThrow(ConfigError);
    }
  });

  it("calls the rotators that it is told of, and those at hosts that it is told of", () => {
    const nobody = { rotationHooks: [], rotationHosts: [], rotationCa: null, rotationSecrets: [] };
    expect(readServeConfig([], {})).toMatchObject(nobody);
    const lambda = "arn:aws:lambda:us-east-1:123456789012:function:mine";
    const args = ["--rotation-hook", `${lambda}=https://hooks.example.com/a?b=c,d`];
    const hosts = [
      "--rotation-hosts",
      "DB.example.com, [::1]:8443",
      "--rotation-hosts",
      "10.1.2.3",
    ];
    const found = readServeConfig([...args, ...hosts, "--rotation-ca", "ca.pem"], {
      KEYTRAIL_ROTATION_SECRET: "whsec_x,whsec_y",
    });
    expect(found).toMatchObject({
      rotationHosts: ["db.example.com", "[::1]:8443", "10.1.2.3"],
      rotationCa: "ca.pem",
      rotationSecrets: ["whsec_x", "whsec_y"],
    });
    expect(found.rotationHooks.map(({ arn, url }) => [arn, url.href])).toEqual([
      [lambda, "https://hooks.example.com/a?b=c,d"],
    ]);
    const env = { KEYTRAIL_ROTATION_HOOKS: "one=https://a.example/x,y, two=http://[::1]:1/z" };
    expect(readServeConfig([], env).rotationHooks.map(({ arn, url }) => [arn, url.href])).toEqual([
      ["one", "https://a.example/x,y"],
      ["two", "http://[::1]:1/z"],
    ]);
    for (const wrong of [
      ["--rotation-hook", "https://a.example/x"],
      ["--rotation-hook", "one=http://a.example/x"],
      ["--rotation-hook", "one=ftp://a.example/x"],
      ["--rotation-hook", "one=https://a.example", "--rotation-hook", "one=https://b.example"],
      ["--rotation-hosts", "https://a.example"],
      ["--rotation-hosts", "a.example/x"],
      ["--rotation-hosts", "*.example"],
    ]) {
      expect(() => readServeConfig(wrong, {})).toThrow(ConfigError);
    }
  });

  it("lets nobody listen beyond loopback in the clear without having said so", () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.com"]) {
      expect(() => readServeConfig(["--host", host], {})).toThrow(/without TLS/);
      expect(readServeConfig(["--host", host, "--allow-plaintext"], {}).host).toBe(host);
      expect(readServeConfig(["--host", host, "--tls-self-signed"], {}).host).toBe(host);
    }
    for (const host of ["127.0.0.1", "::1", "localhost"])
      expect(readServeConfig(["--host", host], {}).host).toBe(host);
  });

  it.each([
    [["--tls-cert", "c.pem"]],
    [["--tls-key", "k.pem"]],
    [["--tls-cert", "c.pem", "--tls-key", "k.pem", "--tls-self-signed"]],
    [["--port", "65536"]],
    [["--port=-1"]],
    [["--port", "http"]],
    [["--trust-proxy", "everyone"]],
    [["--public-domain", "https://secrets.example.com"]],
    [["--public-domain", "secrets.example.com/path"]],
    [["--public-domain", "10.0.0.1"]],
    [["--public-domain=-.example.com"]],
    [["--public-domain", "a b"]],
    [["--public-domain", "secrets.example.com:65536"]],
    [["--public-domain", "secrets.0x7f"]],
  ])("that contradicts itself or cannot be read is refused: %j", (args) => {
    expect(() => readServeConfig(args, {})).toThrow(ConfigError);
  });

  it("says which instance of Event Notifications stands for which webhook", () => {
    const crn = "crn:v1:bluemix:public:event-notifications:us-south:a/1:2::";
    const one = `${crn}=https://hooks.example.com/a?b=c,d`;
    const other = "crn:v1:x:y:z::a/1:3::=http://127.0.0.1:9/";
    const named = [
      { crn, url: new URL("https://hooks.example.com/a?b=c,d") },
      { crn: "crn:v1:x:y:z::a/1:3::", url: new URL("http://127.0.0.1:9/") },
    ];
    const args = ["--event-notifications", one, "--event-notifications", other];
    expect(readServeConfig(args, {}).eventNotifications).toEqual(named);
    const env = {
      KEYTRAIL_EVENT_NOTIFICATIONS: `${one}, ${other}`,
      KEYTRAIL_NOTIFICATIONS_SECRET: "whsec_new,whsec_old",
    };
    expect(readServeConfig([], env)).toMatchObject({
      eventNotifications: named,
      notificationsSecrets: ["whsec_new", "whsec_old"],
    });
  });

  it.each([
    ["https://hunter2.example.com/"],
    ["crn:v1:a:b:c:d:e:f::=ftp://hunter2/"],
    ["crn:v1:a:b:c:d:e:f::=https://"],
    ["crn:v1:a:b:c:d:e:f::="],
    ["hunter2=https://example.com/"],
  ])("refuses a webhook that is none, without repeating it: %s", (text) => {
    const read = (): unknown => readServeConfig(["--event-notifications", text], {});
    expect(read).toThrow(ConfigError);
    expect(read).not.toThrow(/hunter2/);
  });

  it("refuses one CRN with two webhooks, and too many", () => {
    const given = (count: number, same = "") =>
      Array.from({ length: count }, (_, at) => [
        "--event-notifications",
        `crn:v1:a:b:c:d:e:${same || at}::=https://example.com/`,
      ]).flat();
    expect(() => readServeConfig(given(2, "f"), {})).toThrow(/twice/);
    expect(readServeConfig(given(100), {}).eventNotifications).toHaveLength(100);
    expect(() => readServeConfig(given(101), {})).toThrow(/at most 100/);
  });

  it("refuses options it does not know", () => {
    expect(() => readServeConfig(["--dtaa", "x"], {})).toThrow(/--dtaa/);
  });
});
