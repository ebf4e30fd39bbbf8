/** The scenes of the hour, each with the minute at which it begins. */
import { mustHave, soon, type Stage } from "./stage.ts";

export interface Scene {
  readonly minute: number;
  readonly title: string;
  play(stage: Stage): Promise<void>;
}

const secret = (id: string): string => `/api/v2/secrets/${id}`;

/** What goes on all day: services read what is theirs, and log in again when their hour is over. */
async function everyday(stage: Stage): Promise<void> {
  const { payments, checkout, secrets, chance } = stage;
  await soon(stage, () => payments.get(secret(secrets.paymentsDatabase)));
  await soon(stage, () => checkout.get(secret(secrets.checkoutSession)));
  if (chance.next() < 0.5) await soon(stage, () => payments.get(secret(secrets.paymentsGateway)));
  if (chance.next() < 0.4) await soon(stage, () => checkout.get(secret(secrets.checkoutFlags)));
  if (chance.next() < 0.2)
    await soon(stage, () => payments.get("/api/v2/secrets?limit=50&sort=name"));
}

export const everydayScene: Omit<Scene, "minute"> = {
  title: "services read their secrets",
  play: everyday,
};

export const scenes: readonly Scene[] = [
  {
    minute: 4,
    title: "everybody logs in",
    async play(stage) {
      for (const actor of [
        stage.payments,
        stage.checkout,
        stage.deployer,
        stage.officer,
        stage.developer,
      ]) {
        await soon(stage, () => actor.logIn());
      }
    },
  },
  {
    minute: 9,
    title: "a developer looks around, and may not see values",
    async play(stage) {
      const { developer, secrets } = stage;
      await soon(stage, () => developer.get("/api/v2/secrets?search=payments"));
      await soon(stage, () => developer.get(`${secret(secrets.paymentsDatabase)}/metadata`));
      await soon(stage, () => developer.get(secret(secrets.paymentsDatabase)));
      await soon(stage, () => developer.get(secret(secrets.paymentsDatabase)));
    },
  },
  {
    minute: 14,
    title: "a deployment puts a new value in place",
    async play(stage) {
      const { deployer, secrets } = stage;
      await soon(stage, () => deployer.get(secret(secrets.checkoutSession)));
      await soon(stage, () =>
        deployer.post(`${secret(secrets.checkoutSession)}/versions`, {
          payload: "what signs them from now on",
        }),
      );
      await soon(stage, () => deployer.get(`${secret(secrets.checkoutSession)}/versions/current`));
    },
  },
  {
    minute: 21,
    title: "a stranger tries keys",
    async play(stage) {
      for (let i = 0; i < 7; i++) await soon(stage, () => stage.stranger.logIn());
      await soon(stage, () => stage.stranger.get("/api/v2/secrets"));
    },
  },
  {
    minute: 27,
    title: "the engineer locks what must not move",
    async play(stage) {
      const { engineer, secrets } = stage;
      await soon(stage, () => engineer.logIn());
      await soon(stage, () =>
        engineer.post(`${secret(secrets.paymentsGateway)}/locks_bulk`, {
          locks: [{ name: "quarter-end", description: "No change before the books are closed" }],
        }),
      );
      await soon(stage, () => engineer.delete(secret(secrets.paymentsGateway)));
      await soon(stage, () =>
        engineer.patch(`${secret(secrets.checkoutFlags)}/metadata`, {
          labels: ["staging", "to-review"],
        }),
      );
    },
  },
  {
    minute: 38,
    title: "the deployer's key is used from somewhere else",
    async play(stage) {
      const { intruder, secrets } = stage;
      await soon(stage, () => intruder.logIn());
      await soon(stage, () => intruder.get("/api/v2/secrets?limit=1000"));
      for (const id of [
        secrets.paymentsDatabase,
        secrets.paymentsGateway,
        secrets.checkoutSession,
      ]) {
        await soon(stage, () => intruder.get(secret(id)));
      }
      await soon(stage, () => intruder.delete(secret(secrets.paymentsDatabase)));
      await soon(stage, () =>
        intruder.post("/trail/v1/policies", { subject: stage.deployerIamId, roles: ["Manager"] }),
      );
      await soon(stage, () => intruder.get("/trail/v1/events?query=severity%3Acritical"));
    },
  },
  {
    minute: 45,
    title: "the security officer finds it",
    async play(stage) {
      const { officer } = stage;
      for (const query of [
        "host:secrets-manager reason.reasonType:Forbidden",
        "initiator.name:ci-deployer -initiator.host.address:10.30.9.5",
        "initiator.host.address:203.0.113.66 action:secrets-manager.secret.read outcome:success",
      ]) {
        await soon(stage, () => officer.get(`/trail/v1/events?query=${encodeURIComponent(query)}`));
      }
    },
  },
  {
    minute: 47,
    title: "the key is withdrawn and everything it has seen is changed",
    async play(stage) {
      const { engineer, intruder, secrets, deployerKeyId, deployerIamId } = stage;
      await soon(stage, () => engineer.delete(`/trail/v1/api-keys/${deployerKeyId}`));
      await soon(stage, () => intruder.get(secret(secrets.paymentsDatabase)));
      await soon(stage, () => intruder.logIn());
      await soon(stage, () => engineer.delete(`${secret(secrets.paymentsGateway)}/locks_bulk`));
      await soon(stage, () => engineer.post(`${secret(secrets.paymentsDatabase)}/versions`, {}));
      await soon(stage, () =>
        engineer.post(`${secret(secrets.paymentsGateway)}/versions`, {
          payload: "another key from the card processor",
        }),
      );
      await soon(stage, () =>
        engineer.post(`${secret(secrets.checkoutSession)}/versions`, {
          payload: "what signs them after the leak",
        }),
      );
      const key = await soon(stage, () =>
        engineer.post("/trail/v1/api-keys", {
          iam_id: deployerIamId,
          name: "key of ci-deployer, after the leak",
        }),
      );
      mustHave(key, "apikey");
    },
  },
];
