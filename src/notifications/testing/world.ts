/** What notices are sent from, and where to: a ledger in memory, registrations, saved positions, a fast notifier. */
import { describe as describeEvent } from "../../audit/describe.ts";
import { encodeEvent } from "../../audit/event.ts";
import { TimeOrderedIds } from "../../kernel/ids.ts";
import { ManualClock } from "../../kernel/clock.ts";
import { Outage } from "../../kernel/errors.ts";
import { messagesOf } from "../../secrets/notice-message.ts";
import { isTold } from "../../secrets/notices.ts";
import { MemoryEntryLog } from "../../storage/memory/entry-log.ts";
import { Notifier, type NotifierOptions } from "../notifier.ts";
import type { LaneTrouble, NoticeReport, Positions, Recipient } from "../ports.ts";
import { parseSigningKey, type SigningKey } from "../../kernel/standard-webhooks.ts";
import { Webhooks } from "../webhooks.ts";

export const NOW = Date.UTC(2026, 10, 21, 9, 0, 0);
export const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
export const CRN = "crn:v1:bluemix:public:event-notifications:us-south:a/1:first::";
export const OTHER = "crn:v1:bluemix:public:event-notifications:us-south:a/1:second::";
const FAST: Partial<NotifierOptions> = {
  firstWaitMs: 1,
  random: () => 0,
  gatherMs: 0,
  saveIntervalMs: 5,
  heldIntervalMs: 5,
  deliveryTimeoutMs: 2_000,
};

/** What outlives the process: the ledger, the registrations, the positions that were saved. */
export class World {
  readonly clock = new ManualClock(NOW);
  readonly log = new MemoryEntryLog();
  readonly recipients = new Map<string, Recipient>();
  readonly reports: NoticeReport[] = [];
  readonly troubles: LaneTrouble[] = [];
  readonly #ids = new TimeOrderedIds(this.clock);
  saved: Positions | undefined;
  isFailing = false;
  destinations: readonly { readonly crn: string; readonly url: URL }[] = [];

  register(instance: string, notificationsCrn = CRN, since = NOW): void {
    this.recipients.set(instance, { notificationsCrn, sourceName: "ours", since });
  }

  start(options: Partial<NotifierOptions> = {}): Notifier {
    const orFail = <T>(value: T): Promise<T> =>
      this.isFailing ? Promise.reject(new Outage("told to fail")) : Promise.resolve(value);
    const ports = {
      source: this.log,
      positions: {
        load: () => orFail(this.saved),
        save: async (positions: Positions) => {
          await orFail(null);
          this.saved = structuredClone(positions);
        },
      },
      recipients: {
        hasAny: () => orFail(this.recipients.size > 0),
        of: ({ instance }: { readonly instance: string }) => orFail(this.recipients.get(instance)),
      },
      wording: { isTold, messagesOf },
      sender: new Webhooks({
        destinations: this.destinations,
        signingKeys: [parseSigningKey(SECRET) as SigningKey],
        clock: this.clock,
      }),
    };
    const report = {
      notice: (one: NoticeReport) => void this.reports.push(one),
      trouble: (one: LaneTrouble) => void this.troubles.push(one),
    };
    return Notifier.start(ports, report, { ...FAST, ...options });
  }

  /** A secret is created in the instance; the event's id. */
  async happens(instance: string, name = "db", operation = "secret.create"): Promise<string> {
    const happening = this.#happening(instance, name, operation);
    await this.log.append(encodeEvent(happening, { target: 1, initiator: 1 }));
    return happening.id;
  }

  async happen(instance: string, count: number): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push(await this.happens(instance, `db-${at}`));
    return ids;
  }

  #happening(instance: string, name: string, operation: string) {
    return describeEvent({
      ...this.#ids.stamped(),
      operation: operation as "secret.create",
      initiator: {
        id: "IBMid-1",
        name: "ada@example.com",
        typeURI: "service/security/account/user",
        credential: { type: "token" },
        host: { address: "10.1.2.3", addressType: "IPv4", agent: "curl" },
      },
      target: {
        place: { account: "1", region: "us-south", instance },
        kind: "secret",
        id: `of-${name}`,
        name,
      },
      input: { name, secretType: "arbitrary", secretGroupId: "default" },
      ending: { kind: "success", output: { versionId: "v" } },
      dialect: "ibm",
      requestId: "request",
      correlationId: "correlation",
    });
  }

  outcomes(): readonly string[] {
    return this.reports.map(({ outcome }) => outcome);
  }
}
