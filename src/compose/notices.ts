/** Notices: the ledger's follower joined to the state, the webhooks that the configuration names, metrics and the log. */
import type { State } from "../app/state.ts";
import type { NoticeSender } from "../app/notifications/notice-sender.ts";
import { ConfigError, type ServeConfig } from "../config.ts";
import type { Metrics } from "../http/metrics.ts";
import type { Clock } from "../kernel/clock.ts";
import { Notifier } from "../notifications/notifier.ts";
import type {
  LaneTrouble,
  NoticeReport,
  Owner,
  PositionStore,
  Recipients,
  Sender,
} from "../notifications/ports.ts";
import {
  MAX_SECRET_BYTES,
  MIN_SECRET_BYTES,
  parseSigningKey,
  type SigningKey,
} from "../kernel/standard-webhooks.ts";
import { Webhooks } from "../notifications/webhooks.ts";
import { messagesOf } from "../secrets/notice-message.ts";
import { isTold } from "../secrets/notices.ts";
import type { CorePorts } from "./core.ts";
import type { WriteLog } from "./log.ts";

type NoticesConfig = Pick<ServeConfig, "eventNotifications" | "notificationsSecrets">;

/** Throws a ConfigError for a secret that cannot sign. */
export function openWebhooks(config: NoticesConfig, clock: Clock): NoticeSender & Sender {
  const { eventNotifications: destinations, notificationsSecrets } = config;
  return new Webhooks({ destinations, signingKeys: notificationsSecrets.map(signingKey), clock });
}

function signingKey(text: string): SigningKey {
  const key = parseSigningKey(text);
  if (key) return key;
  throw new ConfigError(
    `KEYTRAIL_NOTIFICATIONS_SECRET is whsec_ and the base64 of ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes: echo whsec_$(openssl rand -base64 32) makes one.`,
  );
}

/** Begins to tell, from where the last start ended; ends with `open`. */
export function startNotices(
  { state, sender }: { readonly state: State; readonly sender: Sender },
  { ledger, log, open }: Pick<CorePorts, "ledger" | "log" | "open">,
  metrics: Metrics,
): void {
  const ports = {
    source: ledger,
    positions: positionsOn(state),
    recipients: recipientsOn(state),
    wording: { isTold, messagesOf },
    sender,
  };
  const notifier = Notifier.start(ports, {
    notice: (report) => {
      metrics.noticed({ type: shortType(report), outcome: report.outcome });
      tellNotice(report, log);
    },
    trouble: (trouble) => tellTrouble(trouble, log),
  });
  metrics.watchNotices(() => notifier.lag);
  open.defer(() => notifier.stop());
}

const CURSOR = "notices";

/** Of each owner that is behind a cursor of its own, besides that of the follower. */
export function positionsOn(state: State): PositionStore {
  return {
    async load() {
      const found = await state.read(({ cursors }) => cursors.cursors(CURSOR));
      const followed = found.get(CURSOR);
      if (followed === undefined) return undefined;
      const owners = [...found]
        .filter(([reader]) => reader !== CURSOR)
        .map(([reader, position]) => {
          const [, account = "", instance = ""] = reader.split(" ");
          return { account, instance, position };
        });
      return { followed, owners };
    },
    save: ({ followed, owners }) =>
      state.transact(({ cursors }) =>
        cursors.replaceCursors(
          CURSOR,
          new Map([
            [CURSOR, followed],
            ...owners.map((owner) => [readerOf(owner), owner.position] as const),
          ]),
        ),
      ),
  };
}

export function recipientsOn(state: State): Recipients {
  return {
    hasAny: () => state.read(({ registrations }) => registrations.hasRegistrations()),
    async of(owner) {
      const found = await state.read(({ registrations }) => registrations.registration(owner));
      if (!found) return undefined;
      const { notificationsCrn, sourceName, createdAt: since } = found;
      return { notificationsCrn, sourceName, since };
    },
  };
}

function readerOf({ account, instance }: Owner): string {
  return `${CURSOR} ${account} ${instance}`;
}

/** `secret_created` of `com.ibm.cloud.secrets-manager.secret_created` */
function shortType({ message: { type } }: NoticeReport): string {
  return type.slice(type.lastIndexOf(".") + 1);
}

/** A destination's URL is never said: it may hold a secret. */
function tellNotice(report: NoticeReport, log: WriteLog): void {
  const { outcome, owner, message, sent } = report;
  if (outcome === "sent") return;
  const why = sent.kind === "unreachable" ? `no answer (${sent.problem})` : `status ${sent.status}`;
  const notice = `The notice ${message.id} of ${shortType(report)} to the owner of instance ${owner.instance}`;
  if (outcome === "failed") log({ level: "warn", message: `${notice} was not accepted: ${why}.` });
  else log({ level: "error", message: `${notice} is set aside after its last attempt: ${why}.` });
}

function tellTrouble(trouble: LaneTrouble, log: WriteLog): void {
  const whose = trouble.owner.instance === "" ? "" : ` of instance ${trouble.owner.instance}`;
  if (trouble.kind === "outage") {
    const message = `The notices${whose} wait: the ledger or the state cannot be read.`;
    return log({ level: "error", message, error: trouble.error });
  }
  const message = `The notices${whose} wait: no --event-notifications names the webhook of its registration.`;
  log({ level: "warn", message });
}
