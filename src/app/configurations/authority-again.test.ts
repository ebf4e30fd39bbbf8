import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Refusal } from "../../kernel/errors.ts";
import { OpensslAuthority, opensslKey, requestBy } from "../../pki/testing/openssl.ts";
import { listText } from "../../pki/testing/openssl-verify.ts";
import {
  MAX_EARLIER_CERTIFICATES,
  type IssuedAuthority,
} from "../../secrets/configurations/authority.ts";
import { attributesOf } from "../../secrets/configurations/configuration.ts";
import type { Caller } from "../call.ts";
import { openTestApp, START, type TestApp } from "../testing/test-app.ts";
import { configurationAction, deleteConfiguration } from "./change-configuration.ts";
import { createConfiguration } from "./create-configuration.ts";
import { readConfiguration } from "./read-configuration.ts";
import {
  acting,
  actionNamed,
  DAY,
  HOUR,
  intermediateInput,
  naming,
  rootInput,
  signing,
  YEAR,
  type Acting,
} from "./testing/authorities.ts";
import { certificateOf, listOf } from "./testing/published.ts";

let app: TestApp;
let manager: Caller;
let my: Acting;

beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
  my = acting(app, manager);
  await my.make(rootInput("root"));
});

afterEach(() => app.close());

async function issued(name: string): Promise<IssuedAuthority> {
  const view = await app.done(readConfiguration, manager, { name });
  const { issued: found } = attributesOf(view, "authority");
  if (!found) throw new Error("it has not been signed");
  return found;
}

/** Serial numbers, as openssl reads them in the authority's list. */
async function revokedBy(name: string): Promise<readonly string[]> {
  const text = listText((await listOf(app, name)).der, await certificateOf(app, name));
  const serials = [...text.matchAll(/Serial Number: ([0-9A-F]+)/g)];
  return serials.map(([, hex = ""]) => (hex.toLowerCase().match(/../g) ?? []).join(":")).toSorted();
}

function refusedAction(
  name: string,
  action: string,
  given: Readonly<Record<string, unknown>> = {},
): Promise<Refusal> {
  const input = { name, actionType: actionNamed(action), given };
  return app.refused(configurationAction, manager, input);
}

describe("an authority that was signed more than once", () => {
  it("is revoked with every certificate that it has had: each is for its key", async () => {
    await my.make(rootInput("other"));
    await my.make(intermediateInput("first", "root"));
    const before = await issued("first");
    await my.act("first", "rotate_intermediate");
    const between = await issued("first");
    await my.act("other", "sign_intermediate", { ...signing, intermediate: "first" });
    const after = await issued("first");
    await my.act("first", "revoke_ca_certificate");
    expect(await revokedBy("root")).toEqual([before.serialNumber, between.serialNumber].toSorted());
    expect(await revokedBy("other")).toEqual([after.serialNumber]);
  });

  it("keeps those that have signed it, as long as they may have to take it back", async () => {
    await my.make(rootInput("other"));
    await my.make(intermediateInput("first", "root"));
    const short = { ...signing, intermediate: "first", ttlSeconds: 30 * DAY };
    await my.act("other", "sign_intermediate", short);
    await my.act("root", "sign_intermediate", { ...signing, intermediate: "first" });
    const refusal = await app.refused(deleteConfiguration, manager, { name: "other" });
    expect(refusal.code).toBe("conflict");
    app.clock.advance(31 * DAY * 1_000);
    await app.done(deleteConfiguration, manager, { name: "other" });
  });

  it("is signed only so many times while none of it has ended", async () => {
    await my.make(intermediateInput("first", "root"));
    const again = { ...signing, intermediate: "first", ttlSeconds: HOUR };
    for (let at = 0; at < MAX_EARLIER_CERTIFICATES; at += 1) {
      await my.act("root", "sign_intermediate", again);
    }
    const refusal = await refusedAction("root", "sign_intermediate", again);
    expect(refusal.code).toBe("limit_reached");
    app.clock.advance(2 * HOUR * 1_000);
    await my.act("root", "sign_intermediate", again);
  });

  it("keeps its name: what it has signed says that it was signed by that", async () => {
    await my.make(intermediateInput("first", "later"));
    const called = { ...signing, intermediate: "first", naming: naming("Called by another") };
    await my.act("root", "sign_intermediate", called);
    const subject = "CN=Called by another";
    expect(new X509Certificate((await issued("first")).certificate).subject).toBe(subject);
    const renamed = { ...called, naming: naming("Renamed") };
    const refusal = await refusedAction("root", "sign_intermediate", renamed);
    expect(refusal.message).toContain("keeps its name");
    await my.act("first", "rotate_intermediate");
    expect(new X509Certificate((await issued("first")).certificate).subject).toBe(subject);
    await my.act("root", "sign_intermediate", { ...signing, intermediate: "first" });
    expect(new X509Certificate((await issued("first")).certificate).subject).toBe(subject);
  });

  it("keeps its name outside as well", async () => {
    const outside = OpensslAuthority.open(START);
    const made = await my.make(intermediateInput("mine", "outside"));
    const csr = attributesOf(made, "authority").csr ?? "";
    const extensions = ["basicConstraints=critical,CA:TRUE"];
    await my.act("mine", "set_signed", { certificate: outside.sign(csr, { extensions }) });
    await my.act("mine", "set_signed", { certificate: outside.sign(csr, { extensions }) });
    const renamed = {
      certificate: outside.sign(csr, { extensions, subject: "/CN=Renamed" }),
    };
    outside.close();
    expect((await refusedAction("mine", "set_signed", renamed)).message).toContain("its name");
  });

  it("is not signed again while others are below it, by anybody", async () => {
    await my.make(intermediateInput("first", "root"));
    await my.make(intermediateInput("second", "first"));
    const again = { ...signing, intermediate: "first" };
    const refusal = await refusedAction("root", "sign_intermediate", again);
    expect(refusal.message).toContain("signed others");
  });
});

it("an authority whose name is taken is refused before a key is made for it", async () => {
  const taken = rootInput("root", { asked: { keyBits: 255 } });
  expect((await app.refused(createConfiguration, manager, taken)).code).toBe("conflict");
});

describe("an authority that has just taken the place of another one", () => {
  it("is not given what was made ready for that one", async () => {
    const input = { name: "root", actionType: actionNamed("rotate_crl"), given: {} };
    const elsewhere = { ...input, preparedWith: "another" };
    expect((await app.refused(configurationAction, manager, elsewhere)).code).toBe("conflict");
    const view = await app.done(readConfiguration, manager, { name: "root" });
    await app.done(configurationAction, manager, { ...input, preparedWith: view.id });
  });
});

it("an authority by a CSR has a name", async () => {
  const csr = requestBy(opensslKey(), { subject: "/", altNames: "DNS:their.test" });
  const given = { ...signing, csr, useCsrValues: true };
  expect((await refusedAction("root", "sign_csr", given)).details).toEqual({ field: "csr" });
});

it("an authority below one that has ended signs nothing", async () => {
  await my.make(rootInput("short", { asked: { ttlSeconds: YEAR } }));
  const made = await my.make(intermediateInput("mine", "outside"));
  const { csr } = attributesOf(made, "authority");
  const { result } = await my.act("short", "sign_csr", { ...signing, csr, useCsrValues: true });
  const { certificate } = result["issued"] as IssuedAuthority;
  await my.act("mine", "set_signed", { certificate });
  app.clock.advance(YEAR * 1_000);
  const refusal = await app.refused(
    createConfiguration,
    manager,
    intermediateInput("below", "mine"),
  );
  expect(refusal.message).toContain("has expired");
});
