/** The client's methods for destinations, over a whole server. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { startDelivering, until } from "../app/destinations/testing/delivering.ts";
import { LineReceiver } from "../app/destinations/testing/line-receiver.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { readStatement } from "../delivery/proof.ts";
import {
  openNativeServer,
  type NativeServer,
} from "../http/dialects/native/testing/native-server.ts";
import { extensionsOf } from "../ledger/checkpoint.ts";
import { KeytrailClient } from "./keytrail-client.ts";

let native: NativeServer;
let delivery: Delivery;
let receiver: LineReceiver;
let client: KeytrailClient;
beforeEach(async () => {
  native = await openNativeServer({
    surfaces: [
      // Issues the API key itself as the token: what IAM's endpoint does is tested where it is.
      (server) =>
        server.post("/identity/token", (request, reply) => {
          const form = new URLSearchParams(String(request.body));
          return reply.send({ access_token: form.get("apikey"), expires_in: 3_600 });
        }),
    ],
  });
  delivery = await startDelivering(native.app);
  receiver = await LineReceiver.open();
  client = new KeytrailClient({ url: await native.listen(), apiKey: "operator", retryDelayMs: 1 });
});
afterEach(async () => {
  await delivery.stop();
  await receiver.close();
  await native.close();
});

it("makes destinations, shows, changes, tries and proves them, and has them sent things again", async () => {
  const made = await client.createDestination({
    name: "siem",
    settings: receiver.settings,
    filter: 'target.name:"name of s1"',
    required: { max_backlog: 10_000 },
    from: "beginning",
  });
  expect(made).toMatchObject({ name: "siem", required: { max_backlog: 10_000 }, credentials: [] });
  await native.app.plant({ targetId: "s1" });
  await until(() => receiver.lines.length === 1);
  expect(await client.destinations()).toMatchObject([{ id: made.id }]);
  expect(await client.destination(made.id)).toMatchObject({ name: "siem" });
  expect(await client.testDestination("siem")).toMatchObject({ is_reached: true });
  await until(() => receiver.lines.length === 2);
  expect((await client.pauseDestination("siem")).status.state).toBe("paused");
  expect((await client.resumeDestination("siem")).status.state).not.toBe("paused");
  expect(await client.replayDestination("siem", "beginning")).toEqual({ index: 0 });
  await until(() => receiver.lines.length === 3);
  const proof = await client.destinationProof("siem");
  expect(readStatement(extensionsOf(proof))).toMatchObject({ id: made.id, name: "siem" });
  const changed = await client.updateDestination("siem", { name: "other", required: null });
  expect(changed).toMatchObject({ id: made.id, name: "other", required: null });
  await client.deleteDestination("other");
  expect(await client.destinations()).toEqual([]);
  await expect(client.destination("other")).rejects.toMatchObject({ code: "not_found" });
});
