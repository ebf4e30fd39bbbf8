/** The first minutes: the administrator lets people and services in, and the engineer sets up their secrets. */
import { Actor, type Cast, type Wire } from "./actor.ts";
import { Chance, mustHave, soon, type Secrets, type Stage, type StageClock } from "./stage.ts";

const CURL = "curl/8.5.0";
const NODE_SDK =
  "secrets-manager-node-sdk/2.1.0 (lang=node.js; os.name=linux; os.version=6.1.0; node.version=v26.10.0)";
const GO_SDK = "secrets-manager-go-sdk/2.0.4 (lang=go; arch=amd64; os=linux; go.version=go1.24.1)";

interface Opening {
  readonly wire: Wire;
  readonly administrator: Actor;
  readonly clock: StageClock;
  readonly chance: Chance;
}

interface Hired {
  readonly actor: Actor;
  readonly cast: Cast;
  readonly iamId: string;
  readonly keyId: string;
}

interface Role {
  readonly roles: readonly string[];
  readonly resource?: object;
  readonly address: string;
  readonly agent: string;
}

export interface Beginning {
  readonly wire: Wire;
  readonly apiKey: string;
  readonly instance: string;
  readonly clock: StageClock;
}

export async function openStage({ wire, apiKey, instance, clock }: Beginning): Promise<Stage> {
  const chance = new Chance();
  const administrator = new Actor(wire, { apiKey, address: "10.20.0.2", agent: CURL });
  await administrator.logIn();
  const opening: Opening = { wire, administrator, clock, chance };

  const officer = await hireUser(opening, "Ada Lovelace", {
    roles: ["Auditor", "Reader"],
    address: "10.20.1.14",
    agent: "keytrail-cli/0.1.0",
  });
  const engineer = await hireUser(opening, "Grace Hopper", {
    roles: ["Manager", "Administrator"],
    address: "10.20.1.27",
    agent: "IBM Cloud CLI",
  });
  const developer = await hireUser(opening, "Edsger Dijkstra", {
    roles: ["Reader"],
    address: "10.20.1.33",
    agent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  });
  await engineer.actor.logIn();
  const groups = await makeGroups(engineer.actor, opening);
  const secrets = await makeSecrets(engineer.actor, groups, opening);

  const inPayments = { service: "secrets-manager", instance, secret_group: groups.payments };
  const inCheckout = { service: "secrets-manager", instance, secret_group: groups.checkout };
  const payments = await hireService(opening, "payments", {
    roles: ["SecretsReader"],
    resource: inPayments,
    address: "10.30.4.11",
    agent: GO_SDK,
  });
  const checkout = await hireService(opening, "checkout", {
    roles: ["SecretsReader"],
    resource: inCheckout,
    address: "10.30.4.12",
    agent: NODE_SDK,
  });
  const deployer = await hireService(opening, "ci-deployer", {
    roles: ["Writer"],
    address: "10.30.9.5",
    agent: CURL,
  });
  administrator.leave();
  return {
    clock,
    chance,
    secrets,
    officer: officer.actor,
    engineer: engineer.actor,
    developer: developer.actor,
    payments: payments.actor,
    checkout: checkout.actor,
    deployer: deployer.actor,
    deployerKeyId: deployer.keyId,
    deployerIamId: deployer.iamId,
    intruder: new Actor(wire, {
      ...deployer.cast,
      address: "203.0.113.66",
      agent: "python-requests/2.32.3",
    }),
    stranger: new Actor(wire, {
      apiKey: "ktk_not-a-key-of-this-installation-at-all-000000",
      address: "198.51.100.23",
      agent: "Go-http-client/1.1",
    }),
  };
}

async function hireUser(opening: Opening, name: string, role: Role): Promise<Hired> {
  const email = `${name.split(" ", 1)[0]?.toLowerCase()}@example.com`;
  const user = await soon(opening, () =>
    opening.administrator.post("/trail/v1/users", { email, name }),
  );
  return equip(opening, { name: email, iamId: mustHave(user, "iam_id") }, role);
}

async function hireService(opening: Opening, name: string, role: Role): Promise<Hired> {
  const service = await soon(opening, () =>
    opening.administrator.post("/trail/v1/service-ids", { name }),
  );
  return equip(opening, { name, iamId: mustHave(service, "iam_id") }, role);
}

/** A policy and an API key: what makes a name able to act. */
async function equip(
  opening: Opening,
  { name, iamId }: { readonly name: string; readonly iamId: string },
  { roles, resource = {}, address, agent }: Role,
): Promise<Hired> {
  const { administrator, wire } = opening;
  mustHave(
    await soon(opening, () =>
      administrator.post("/trail/v1/policies", { subject: iamId, roles, resource }),
    ),
    "id",
  );
  const key = await soon(opening, () =>
    administrator.post("/trail/v1/api-keys", { iam_id: iamId, name: `key of ${name}` }),
  );
  const cast: Cast = { apiKey: mustHave(key, "apikey"), address, agent };
  return { actor: new Actor(wire, cast), cast, iamId, keyId: mustHave(key, "id") };
}

async function makeGroups(
  engineer: Actor,
  opening: Opening,
): Promise<{ payments: string; checkout: string }> {
  const make = async (name: string, description: string): Promise<string> => {
    const group = await soon(opening, () =>
      engineer.post("/api/v2/secret_groups", { name, description }),
    );
    return mustHave(group, "id");
  };
  return {
    payments: await make("payments", "What takes the money"),
    checkout: await make("checkout", "What fills the basket"),
  };
}

async function makeSecrets(
  engineer: Actor,
  groups: { readonly payments: string; readonly checkout: string },
  opening: Opening,
): Promise<Secrets> {
  const make = async (body: object): Promise<string> =>
    mustHave(await soon(opening, () => engineer.post("/api/v2/secrets", body)), "id");
  return {
    paymentsDatabase: await make({
      name: "payments-database",
      secret_type: "username_password",
      secret_group_id: groups.payments,
      username: "payments",
      labels: ["production", "postgres"],
      rotation: { auto_rotate: true, interval: 30, unit: "day" },
    }),
    paymentsGateway: await make({
      name: "payments-gateway",
      secret_type: "arbitrary",
      secret_group_id: groups.payments,
      payload: "a key that the card processor gave us",
      labels: ["production"],
    }),
    checkoutSession: await make({
      name: "checkout-session",
      secret_type: "arbitrary",
      secret_group_id: groups.checkout,
      payload: "what signs the session cookies",
      labels: ["production"],
    }),
    checkoutFlags: await make({
      name: "checkout-flags",
      secret_type: "kv",
      secret_group_id: groups.checkout,
      data: { newBasket: true, region: "eu" },
      labels: ["staging"],
    }),
  };
}
