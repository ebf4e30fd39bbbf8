/** Where operations ask after the delivery. */
import { isIP } from "node:net";
import { catalogue, subjectOf, type OperationName, type Subject } from "../../audit/catalogue.ts";
import type { RecordedEvents } from "../../audit/trail.ts";
import type { Tested } from "../../delivery/couriers.ts";
import type { Definition } from "../../delivery/definition.ts";
import type { Delivery } from "../../delivery/delivery.ts";
import { statementOf } from "../../delivery/proof.ts";
import type { CourierReport } from "../../delivery/progress.ts";
import { bareHost, type IsReachable } from "../../delivery/transports/address-guard.ts";
import type { Clock } from "../../kernel/clock.ts";
import { Outage, Refusal } from "../../kernel/errors.ts";
import type { SignedCheckpoint } from "../../ledger/checkpoint.ts";
import type { Deliveries, Pinned } from "./deliveries.ts";
import { needsRoom } from "./room.ts";

export interface DeskPorts {
  readonly pinned: readonly Pinned[];
  /** Of destinations that others than the operator set up. */
  readonly isReachable: IsReachable;
  readonly attest: (size: number, statement: readonly string[]) => Promise<SignedCheckpoint>;
  readonly clock: Clock;
}

/** What couriers go by. */
const TOLD: ReadonlySet<Subject> = new Set<Subject>(["destination", "route", "routing-settings"]);

export class DeliveryDesk implements Deliveries {
  readonly #ports: DeskPorts;
  #delivery: Delivery | undefined;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
  }

  get pinned(): readonly Pinned[] {
    return this.#ports.pinned;
  }

  /** From now on there is a delivery: it needs what operations are made of, and begins after them. */
  join(delivery: Delivery): void {
    this.#delivery = delivery;
  }

  /** Told of everything that is recorded: couriers go by what is kept. Never throws. */
  onRecorded({ events }: RecordedEvents): void {
    const isTold = events.some(
      ({ operation, outcome }) =>
        outcome === "success" &&
        TOLD.has(subjectOf(operation)) &&
        catalogue[operation].kind === "change",
    );
    if (isTold) void this.#delivery?.reload();
  }

  status(id: string): CourierReport | undefined {
    return this.#delivery?.report(id);
  }

  async test(tested: Definition | Pinned): Promise<Tested> {
    const delivery = this.#delivery;
    if (!delivery) throw new Outage("the delivery has not begun yet");
    const definition =
      "credentials" in tested ? tested : delivery.definitions.find(({ id }) => id === tested.id);
    if (!definition) throw new Outage("the delivery does not know this destination yet");
    return delivery.test(definition);
  }

  assertAllowed(host: string): void {
    const bare = bareHost(host);
    if (isIP(bare) === 0 || this.#ports.isReachable(bare)) return;
    const sentence = "The host is an address that deliveries do not leave for.";
    throw new Refusal("invalid_request", sentence, { field: "host" });
  }

  assertRoom(operation: OperationName, account: string): void {
    const [late] = this.#delivery?.overdueOf(account) ?? [];
    if (!late || !needsRoom(operation)) return;
    throw new Outage(`the required destination ${late.name} is too far behind: nothing was done`);
  }

  async prove(id: string): Promise<{ readonly text: string; readonly through: number }> {
    const progress = this.#delivery?.progress(id);
    const name = this.#delivery?.definitions.find((one) => one.id === id)?.name;
    if (!progress || name === undefined) {
      throw new Refusal("not_found", "Nothing is known of what has been delivered there yet.");
    }
    const statement = statementOf({ id, name }, progress, this.#ports.clock.now());
    const { text } = await this.#ports.attest(progress.acknowledged, statement);
    return { text, through: progress.acknowledged };
  }
}
