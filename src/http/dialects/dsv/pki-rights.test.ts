import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { opensslKey, requestBy } from "../../../pki/testing/openssl.ts";
import { DsvServer, type DsvAnswered, type DsvUser } from "./testing/dsv-server.ts";
import { PkiWire, wrapped } from "./testing/pki-wire.ts";

const BOB = "users:bob@example.com";
let server: DsvServer;
let pki: PkiWire;
let csr: string;
let made: DsvAnswered;
let leaf: DsvAnswered;

beforeEach(async () => {
  server = await DsvServer.open();
  pki = new PkiWire(server);
  csr = wrapped(requestBy(opensslKey(), { subject: "/CN=example.com" }));
  made = await pki.root();
  leaf = await pki.leaf({ storePath: "ca/leaf" });
});
afterEach(() => server.close());

const bob = (...roles: readonly ("Reader" | "Writer")[]): Promise<DsvUser> =>
  server.user("bob@example.com", roles);
const idOf = ({ events }: DsvAnswered): string =>
  String(events.find(({ operation }) => operation === "secret.create")?.responseData["id"]);

/** Nothing is told, and nothing has been done but that it is recorded. */
function denied(answered: DsvAnswered): void {
  expect(answered).toMatchObject({
    status: 403,
    body: { code: 403, message: "Invalid permissions" },
    events: [{ outcome: "failure", reason: { reasonCode: 403 } }],
  });
}

describe("by roles", () => {
  it("managers make roots, writers have them sign, readers do neither", async () => {
    const done = async (as: DsvUser) => {
      const answers = [
        await pki.root({ rootCAPath: "r2" }, as),
        await pki.sign({ csr }, as),
        await pki.leaf({ storePath: "l2" }, as),
        await pki.ssh({}, as),
      ];
      return answers.map(({ status }) => status);
    };
    expect(await done(await bob("Reader"))).toEqual([403, 403, 403, 403]);
    expect(await done(await server.user("wendy@example.com", ["Writer"]))).toEqual([
      403, 200, 200, 200,
    ]);
    const as = await server.user("mary@example.com", ["Manager"]);
    expect((await pki.root({ rootCAPath: "r2" }, as)).status).toBe(200);
  });

  it("whoever may do nothing hears nothing of what there is", async () => {
    const as = await bob();
    denied(await pki.sign({ csr }, as));
    denied(await pki.sign({ csr, rootCAPath: "nowhere" }, as));
    denied(await pki.ssh({}, as));
    expect((await server.call("POST", "/pki/sign", { as: null, body: {} })).status).toBe(401);
  });
});

describe("by documents", () => {
  it("an authority signs for whom it is granted, who does not see its key", async () => {
    const as = await bob();
    await pki.grant(BOB, { resources: ["pki:sign:ca:root"], actions: ["create"] });
    expect((await pki.sign({ csr }, as)).status).toBe(200);
    await pki.root({ rootCAPath: "ca/other" });
    denied(await pki.sign({ csr, rootCAPath: "ca/other" }, as));
    denied(await pki.leaf({}, as));
    expect((await server.call("GET", "/secrets/ca/root", { as })).status).toBe(403);
    await pki.grant(BOB, { resources: ["pki:sign", "pki:leaf"], actions: ["create"] });
    expect((await pki.sign({ csr, rootCAPath: "ca/other" }, as)).status).toBe(200);
  });

  it("a denial of the authority holds whatever the role", async () => {
    const as = await bob("Writer");
    await pki.grant(BOB, { effect: "deny", resources: ["pki:<leaf|sign>:ca:<.*>"] });
    denied(await pki.sign({ csr }, as));
    denied(await pki.leaf({}, as));
  });

  it("whoever is denied the reading of the root does not have it sign", async () => {
    const as = await bob("Writer");
    const granted = { resources: ["pki:<.*>"], actions: ["create"] };
    await pki.grant(BOB, granted);
    await pki.grant(BOB, { effect: "deny", resources: ["secrets:ca:root"], actions: ["read"] });
    denied(await pki.sign({ csr }, as));
    denied(await pki.leaf({}, as));
    denied(await pki.ssh({}, as));
  });

  it("what is kept needs its own right: to make the leaf, the root, and to add to the leaf", async () => {
    const as = await bob();
    await pki.grant(BOB, { resources: ["pki:<.*>"], actions: ["create"] });
    denied(await pki.leaf({ storePath: "bob/leaf" }, as));
    denied(await pki.root({ rootCAPath: "bob/root" }, as));
    denied(await pki.ssh({}, as));
    denied(await pki.ssh({ leafCAPath: "nowhere" }, as));
    await pki.grant(BOB, { resources: ["secrets:bob:<.*>"], actions: ["create"] });
    expect((await pki.leaf({ storePath: "bob/leaf" }, as)).status).toBe(200);
    const root = await pki.root({ rootCAPath: "bob/root" }, as);
    expect(root.status).toBe(200);
    // Who may make it and not read it is not handed its key.
    expect(root.body).not.toHaveProperty("privateKey");
    await pki.grant(BOB, { resources: ["secrets:ca:leaf"], actions: ["update"] });
    expect((await pki.ssh({}, as)).status).toBe(200);
  });
});

describe("by the policy of the root's secret", () => {
  const statement = (Action: string) => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Deny", Principal: "*", Action, Resource: "*" }],
  });

  it.each(["secretsmanager:GetSecretValue", "secretsmanager:*", "acm-pca:IssueCertificate"])(
    "signing is denied with %s, also to those who may read by no role",
    async (action) => {
      const as = await bob();
      await pki.grant(BOB, { resources: ["pki:sign"], actions: ["create"] });
      await server.app.state.transact(async ({ secrets }) => {
        const [instance] = await server.app.state.read(({ identity }) =>
          identity.instances(server.account),
        );
        const at = { account: server.account, instance: instance?.id ?? "" };
        const secret = await secrets.secret(at, idOf(made));
        if (!secret) throw new Error("there is the root");
        await secrets.updateSecret({
          ...secret,
          resourcePolicy: JSON.stringify(statement(action)),
        });
      });
      denied(await pki.sign({ csr }, as));
      denied(await pki.sign({ csr }, await server.user("wendy@example.com", ["Writer"])));
    },
  );
});

describe("as its secret goes, so does an authority", () => {
  const marked = /marked for deletion/;

  it("it signs nothing while it waits to be deleted, and again once it is restored", async () => {
    expect((await server.call("DELETE", "/secrets/ca/root")).status).toBe(200);
    for (const refused of [await pki.sign({ csr }), await pki.leaf({}), await pki.ssh({})]) {
      expect(refused).toMatchObject({
        status: 404,
        body: { message: expect.stringMatching(marked) },
      });
    }
    const again = await pki.root();
    expect(again).toMatchObject({ status: 400, body: { message: expect.stringMatching(marked) } });
    expect((await server.call("PUT", "/secrets/ca:root/restore")).status).toBe(200);
    expect((await pki.sign({ csr })).status).toBe(200);
  });

  it("a leaf that waits to be deleted gets no certificate for SSH", async () => {
    await server.call("DELETE", "/secrets/ca/leaf");
    expect(await pki.ssh({})).toMatchObject({
      status: 404,
      body: { message: expect.stringMatching(marked) },
    });
  });

  it("when IBM's wire deletes it, it is gone", async () => {
    await pki.ibm("DELETE", `/secrets/${idOf(made)}`);
    expect(await pki.sign({ csr })).toMatchObject({ status: 404 });
    expect(idOf(leaf)).not.toBe(idOf(made));
  });
});
