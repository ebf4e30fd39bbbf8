/** Nobody gets by a minted credential what the engine may and they may not. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crn } from "../../audit/crn.ts";
import { accountPlace } from "../../identity/account.ts";
import type { RoleName } from "../../identity/roles.ts";
import type { Caller } from "../call.ts";
import { ACCOUNT, PLACE } from "../testing/test-app.ts";
import { Cast } from "../access/testing/cast.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { createSecretGroup } from "./secret-groups.ts";
import { iamSecret, openMintingApp, serviceSecret, type MintingApp } from "./testing/minting.ts";

let minting: MintingApp;
let group: string;
/** A Writer of one secret group, and one of the whole instance. */
let inGroup: Caller;
let writer: Caller;

beforeEach(async () => {
  minting = await openMintingApp({ roles: ["Administrator"] });
  const { app, manager } = minting;
  ({ id: group } = await app.done(createSecretGroup, manager, { name: "team" }));
  const resource = { service: "secrets-manager", instance: PLACE.instance ?? "" };
  inGroup = await app.callerWith(["Writer"], { ...resource, secretGroup: group });
  writer = await app.callerWith(["Writer"], resource);
});
afterEach(() => minting.app.close());

describe("credentials of access groups", () => {
  const asked = () => iamSecret("of-groups", { accessGroups: [minting.group] });

  it("are made by a Writer of the instance, and not by one of a secret group", async () => {
    const { app } = minting;
    const named = { ...asked(), secretGroupId: group };
    expect(await app.refused(createSecret, inGroup, named)).toMatchObject({ code: "forbidden" });
    expect((await minting.minted()).keys).toEqual([]);
    const made = await app.done(createSecret, writer, named);
    // What somebody else has had made in the group, its Writer renews: its value is the Writer's to read anyway.
    await app.done(createVersion, inGroup, { id: made.id });
  });
});

describe("credentials of a service ID that exists", () => {
  it("are made by those who may make keys of it in IAM, of whichever type the secret is", async () => {
    const { app, manager } = minting;
    const bot = await minting.serviceId("bot");
    const place = accountPlace(ACCOUNT);
    const serviceid_crn = crn("iam-identity", place, { kind: "serviceid", id: bot.id });
    const iam = iamSecret("static", { serviceId: bot.id });
    const service = serviceSecret("bound", "Reader", { parameters: { serviceid_crn } });
    const onlyManager = await app.callerWith(["Manager"]);
    for (const asked of [iam, service]) {
      expect((await app.refused(createSecret, writer, asked)).code).toBe("forbidden");
      expect((await app.refused(createSecret, onlyManager, asked)).code).toBe("forbidden");
      await app.done(createSecret, manager, asked);
    }
  });
});

describe("credentials with a role on an instance", () => {
  it.each([
    ["Manager", false],
    ["Writer", true],
    ["SecretsReader", true],
    ["Reader", true],
    ["SecretTaskUpdater", false],
  ] as const satisfies readonly (readonly [RoleName, boolean])[])(
    "%s: made by a Writer: %s; by a Manager always, by a Writer of a secret group never",
    async (role, byWriter) => {
      const { app, manager } = minting;
      const asked = (name: string) => serviceSecret(name, role);
      const performed = await app.perform(createSecret, writer, asked("by-writer"));
      expect(performed.kind === "done").toBe(byWriter);
      await app.done(createSecret, manager, asked("by-manager"));
      const inTeam = { ...asked("in-team"), secretGroupId: group };
      expect((await app.refused(createSecret, inGroup, inTeam)).code).toBe("forbidden");
    },
  );
});

describe("whoever is denied something by a policy document", () => {
  it("has nobody else made who could do it, as a Manager either", async () => {
    const { app, manager } = minting;
    const asked = (name: string) => serviceSecret(name, "SecretsReader");
    await app.done(createSecret, manager, asked("before"));
    const deny = { subjects: ["<.*>"], effect: "deny", actions: ["read"] } as const;
    await new Cast(app.state).document("secrets:production", [deny]);
    for (const caller of [manager, writer]) {
      const refusal = await app.refused(createSecret, caller, asked("after"));
      expect(refusal).toMatchObject({ code: "forbidden", details: { reason: "bearer-rights" } });
    }
  });
});
