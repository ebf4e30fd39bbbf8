import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listText } from "../../pki/testing/openssl-verify.ts";
import { secretAction } from "../secrets/secret-action.ts";
import type { Caller } from "../call.ts";
import { instanceOf } from "../secrets/find.ts";
import { NOBODY, openTestApp, PLACE, START, type TestApp } from "../testing/test-app.ts";
import { readAuthorityCertificate, readAuthorityCrl } from "./authority-publications.ts";
import { updateConfiguration, updateConfigurationInput } from "./change-configuration.ts";
import { RevocationLists, timesOf, type PublishedList } from "./revocation-lists.ts";
import { authorityNamed } from "./signing.ts";
import {
  acting,
  DAY,
  HOUR,
  intermediateInput,
  rootInput,
  settings,
  templateInput,
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
  await my.make(intermediateInput("first", "root"));
  await my.make(templateInput("template", "first"));
});

afterEach(() => app.close());

const revoke = (id: string): Promise<object> =>
  app.done(secretAction, manager, { id, actionType: "private_cert_action_revoke_certificate" });
const numberIn = (text: string): bigint => BigInt(/CRL Number: \n\s+(\w+)/.exec(text)?.[1] ?? "");
const textOf = async (name: string): Promise<string> =>
  listText((await listOf(app, name)).der, await certificateOf(app, name));

describe("what an authority publishes", () => {
  it("is read by anybody, and recorded as read by nobody in particular", async () => {
    expect(await textOf("first")).toContain("verify OK");
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.authority-certificate.read",
      outcome: "success",
      initiator: { id: "", credential: { type: "public-access" } },
      requestData: { name: "first" },
      target: { name: "first" },
    });
    expect(app.events().at(-2)).toMatchObject({
      action: "secrets-manager.authority-crl.read",
      responseData: { revokedCount: 0 },
    });
  });

  it("of one that is not there, or is not signed, is nothing", async () => {
    await my.make(intermediateInput("waiting", "later"));
    for (const name of ["nobody", "template", "waiting", "../root", "x".repeat(500)]) {
      for (const operation of [readAuthorityCrl, readAuthorityCertificate] as const) {
        const refused =
          operation === readAuthorityCrl
            ? await app.refused(readAuthorityCrl, NOBODY, { name })
            : await app.refused(readAuthorityCertificate, NOBODY, { name });
        expect(refused.code).toBe("not_found");
      }
    }
  });
});

describe("a revocation list", () => {
  it("has each certificate from the moment it is revoked until after its end", async () => {
    const [one, other] = [await my.issue("one"), await my.issue("other")];
    const before = await textOf("first");
    await revoke(one.id);
    const text = await textOf("first");
    const serials = (list: string): readonly string[] =>
      [...list.matchAll(/Serial Number: (\w+)/g)].map(([, serial = ""]) => serial.toLowerCase());
    if (one.attributes?.kind !== "private_cert") throw new Error("no certificate");
    expect(serials(text)).toEqual([one.attributes.facts.serialNumber.replaceAll(":", "")]);
    expect(numberIn(text)).toBeGreaterThan(numberIn(before));
    await revoke(other.id);
    expect(serials(await textOf("first"))).toHaveLength(2);
    expect((await listOf(app, "root")).revokedCount).toBe(0);
  });

  it("forgets a certificate only when a list has had it after its end", async () => {
    const { id, expiresAt } = await my.issue("short", { ttlSeconds: 30 * DAY });
    await revoke(id);
    app.clock.set((expiresAt ?? 0) + 36 * HOUR * 1_000);
    expect((await listOf(app, "first")).revokedCount).toBe(1);
    app.clock.advance(8 * DAY * 1_000);
    expect((await listOf(app, "first")).revokedCount).toBe(0);
  });

  it("is the same for all who ask until half of its time is over", async () => {
    const first = await listOf(app, "first");
    app.clock.advance(35 * HOUR * 1_000);
    const [one, other] = await Promise.all([listOf(app, "first"), listOf(app, "first")]);
    expect(one.der).toBe(first.der);
    expect(other.der).toBe(first.der);
    app.clock.advance(HOUR * 1_000);
    const next = await listOf(app, "first");
    expect(next.der).not.toEqual(first.der);
    expect(next.nextUpdate).toBe(START + 108 * HOUR * 1_000);
  });

  it("is renewed on request", async () => {
    const before = await textOf("first");
    app.clock.advance(1_000);
    const { result } = await my.act("first", "rotate_crl");
    expect(result).toEqual({ success: true });
    const after = await textOf("first");
    expect(numberIn(after)).toBeGreaterThan(numberIn(before));
    expect(after).toContain("Last Update: Nov 21 09:00:01 2026 GMT");
  });

  it("has an intermediate authority too that was revoked", async () => {
    await my.act("first", "revoke_ca_certificate");
    expect((await listOf(app, "root")).revokedCount).toBe(1);
    expect((await listOf(app, "first")).revokedCount).toBe(0);
  });

  it("is empty, and signed, while it is disabled", async () => {
    const { id } = await my.issue("one");
    await revoke(id);
    const change = (crlDisabled: boolean): Promise<object> => {
      const patch = { kind: "intermediate-authority", settings: { crlDisabled } } as const;
      const input = updateConfigurationInput(
        { name: "first" },
        { "intermediate-authority": patch },
        { crlDisabled },
      );
      return app.done(updateConfiguration, manager, input);
    };
    await change(true);
    const text = await textOf("first");
    expect(text).toContain("verify OK");
    expect(text).toContain("No Revoked Certificates.");
    await change(false);
    expect((await listOf(app, "first")).revokedCount).toBe(1);
  });

  it("is held for those authorities that were asked for last", async () => {
    const lists = new RevocationLists(2);
    await my.make(intermediateInput("second", "root"));
    await app.state.read(async (store) => {
      const ask = async (name: string): Promise<PublishedList> => {
        const found = await authorityNamed(name, instanceOf(PLACE), store);
        const issued = found?.attributes.issued;
        if (!found || !issued) throw new Error("it has not been signed");
        const { capabilities } = app;
        return lists.listOf({ ...found, issued }, { store, capabilities, now: START });
      };
      const [root, first] = [await ask("root"), await ask("first")];
      expect(await ask("root")).toBe(root);
      await ask("second");
      expect(await ask("root")).toBe(root);
      expect(await ask("first")).not.toBe(first);
    });
  });

  it("grows in number whatever happens, and always has half of its time to come", () => {
    const happening = fc.record({
      afterMs: fc.integer({ min: 0, max: 20 * DAY * 1_000 }),
      isChange: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
        let now = START;
        let crl = { changes: 0, changedAt: START };
        let last = -1n;
        for (const { afterMs, isChange } of happenings) {
          now += afterMs;
          if (isChange) crl = { changes: crl.changes + 1, changedAt: now };
          const attributes = { crl, settings: settings() } as Parameters<typeof timesOf>[0];
          const { number, thisUpdate, nextUpdate } = timesOf(attributes, now);
          expect(number >= last && (!isChange || number > last)).toBe(true);
          expect(thisUpdate).toBeLessThanOrEqual(now);
          expect(nextUpdate - now).toBeGreaterThan(36 * HOUR * 1_000 - 1_000);
          last = number;
        }
      }),
    );
  });
});
