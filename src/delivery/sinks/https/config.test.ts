import { describe, expect, it } from "vitest";
import { checkSink } from "../../sinks.ts";
import { Refusal } from "../../../kernel/errors.ts";

const base = { kind: "https", url: "https://siem.example.com/in?key=of-theirs" };
const rule = { dcr_immutable_id: "dcr-1", stream: "Custom-Keytrail_CL" };

describe("the settings of an https destination", () => {
  it.each([
    { shape: { shape: "ndjson" }, form: "entry", limits: { maxEvents: 500, maxBytes: 1_048_576 } },
    { shape: { shape: "object" }, form: "entry", limits: { maxEvents: 1 } },
    { shape: { shape: "array", batch_events: 7 }, form: "entry", limits: { maxEvents: 7 } },
    {
      shape: { shape: "elastic-bulk" },
      form: "ecs",
      credentials: ["token"],
      limits: { maxEvents: 500 },
    },
    {
      shape: { shape: "datadog" },
      form: "ecs",
      credentials: ["token"],
      limits: { maxEvents: 1_000, maxBytes: 4_500_000 },
    },
    { shape: { shape: "sentinel", ...rule }, form: "ocsf", limits: { maxBytes: 950_000 } },
    {
      shape: { shape: "secops" },
      form: "ocsf",
      credentials: ["header:X-goog-api-key", "header:X-Webhook-Access-Key"],
      limits: { maxBytes: 3_500_000 },
    },
  ])("have for $shape a form, credentials and limits", ({ shape, ...expected }) => {
    const sink = checkSink({ ...base, ...shape });
    expect(sink.form).toBe(expected.form);
    expect(sink.credentials.map(({ name }) => name)).toEqual(expected.credentials ?? []);
    expect(sink.limits).toMatchObject(expected.limits);
  });

  it("are the same when they are checked again with every default filled in", () => {
    const { settings } = checkSink({ ...base, shape: "datadog" });
    expect(checkSink(structuredClone(settings)).settings).toEqual(settings);
  });

  it("say where it is without its path", () => {
    const at = (url: string) => checkSink({ ...base, url, shape: "ndjson" }).address;
    expect(at(base.url)).toEqual({ transport: "https", host: "siem.example.com", port: 443 });
    expect(at("http://[2001:db8::1]:9200/")).toEqual({
      transport: "http",
      host: "2001:db8::1",
      port: 9200,
    });
  });

  it("name every credential that they need", () => {
    const { credentials } = checkSink({
      ...base,
      shape: "ndjson",
      headers: ["X-Tenant"],
      authorization: { kind: "basic", user: "keytrail" },
      signature: { scheme: "standard-webhooks" },
    });
    expect(credentials).toEqual(
      ["password", "header:X-Tenant", "hmac_key"].map((name) => ({ name, isRequired: true })),
    );
  });

  it.each([
    [{ url: "ftp://siem.example.com/" }, "url"],
    [{ url: "https://user:word@siem.example.com/" }, "url"],
    [{ url: "https://siem.example.com/#x" }, "url"],
    [{ headers: ["Content-Length"] }, "headers.0"],
    [{ headers: ["X Y"] }, "headers.0"],
    [{ form: "xml" }, "form"],
    [{ shape: "xml" }, "shape"],
    [{ shape: "elastic-bulk", index: "_internal/../x" }, "index"],
    [{ shape: "elastic-bulk", index: "UPPER" }, "index"],
    [{ shape: "datadog", tags: ["a,b"] }, "tags.0"],
    [
      { shape: "sentinel", dcr_immutable_id: "dcr-1/../..", stream: "Custom-x" },
      "dcr_immutable_id",
    ],
    [{ authorization: { kind: "oauth2", client_id: "x" } }, "authorization.token_url"],
    [{ authorization: { kind: "basic", user: "a:b" } }, "authorization.user"],
    [{ signature: { scheme: "hmac", header: "X", algorithm: "md5" } }, "signature.algorithm"],
    [{ tls: { ca: "no PEM" } }, "tls.ca"],
    [{ batch_events: 0 }, "batch_events"],
    [{ token: "secret" }, "settings"],
  ])("refuse %j, and name the field", (wrong, field) => {
    const check = () => checkSink({ ...base, shape: "ndjson", ...wrong });
    expect(check).toThrow(Refusal);
    expect(check).toThrow(expect.objectContaining({ code: "invalid_request", details: { field } }));
  });
});
