/** Whom rotators do not call: addresses given as such that nobody's servers have; and where a redirect leads. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { isReachable } from "../openid/guarded-fetch.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { AllowedHosts } from "./allowed-hosts.ts";
import { Hook } from "./hook.ts";
import { PostgresqlUser } from "./postgresql-user.ts";

const METADATA = "169.254.169.254";
const hosts = new AllowedHosts([METADATA, "localhost"], isReachable);
const terms = { hosts, sign: () => ({}), ca: undefined, timeoutMs: 2_000 };
const STEP = {
  step: "testSecret",
  place: { account: "a", region: "us-south", instance: "i" },
  secret: { id: "0b5571f7-21e6-42b7-91c5-3f5ac9793a46", name: "db" },
  token: "t",
} as const;
const NOT_LEFT_FOR = "The rotator's address is none that requests leave for.";

const taken = (url: string): Promise<void> =>
  new Hook(new URL(url), { ...terms, stopped: new AbortController().signal }).take(STEP);

it("calls no address at which machines of clouds are told their credentials", async () => {
  await expect(taken(`https://${METADATA}/`)).rejects.toThrow(NOT_LEFT_FOR);
  const value = { engine: "postgres", host: METADATA, username: "u", password: "p" };
  const pending = new Sensitive(JSON.stringify(value));
  const values = { pending, current: pending, previous: null, master: null };
  const rotator = new PostgresqlUser({ hosts, ca: undefined, timeoutMs: 2_000 });
  await expect(rotator.test(values)).rejects.toThrow(NOT_LEFT_FOR);
});

it("takes a redirect for a step that was not done", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(302, { location: `http://${METADATA}/` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  await expect(taken(`http://localhost:${port}/`)).rejects.toThrow("with the status 302");
  server.close();
});
