/** What following the ledger for those who want to be told needs of the rest of the server. */
import type { EntrySource } from "../ledger/entry-source.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Sending, Sent } from "./webhooks.ts";

/** Whose notices they are: an instance. */
export interface Owner {
  readonly account: string;
  readonly instance: string;
}

/** Where an owner wants to be told, and since when. */
export interface Recipient {
  readonly notificationsCrn: string;
  readonly sourceName: string;
  readonly since: Millis;
}

/** A CloudEvent: what it means is for those who make it, and for those who receive it. */
export interface Message {
  readonly id: string;
  readonly type: string;
}

/** How far the ledger has been followed, and how far the notices of owners that are behind have been sent. */
export interface Positions {
  readonly followed: number;
  readonly owners: readonly (Owner & { readonly position: number })[];
}

export interface PositionStore {
  /** Undefined before the first save. */
  load(): Promise<Positions | undefined>;
  /** All of it, in one transaction. */
  save(positions: Positions): Promise<void>;
}

export interface Recipients {
  /** Whether anybody at all wants to be told. */
  hasAny(): Promise<boolean>;
  of(owner: Owner): Promise<Recipient | undefined>;
}

/** What events are told as. */
export interface Wording {
  /** Whether events of the operation of this name are ever told: asked of every entry. */
  isTold(operation: string): boolean;
  messagesOf(event: AuditEvent): readonly Message[];
}

export interface Sender {
  knows(notificationsCrn: string): boolean;
  send(notificationsCrn: string, message: Message, sending: Sending): Promise<Sent>;
}

/** `failed`: an attempt, and another one follows. `set-aside`: no more attempts; the event stays in the trail. */
export type NoticeOutcome = "sent" | "failed" | "set-aside";

export interface NoticeReport {
  readonly outcome: NoticeOutcome;
  readonly owner: Owner;
  readonly message: Message;
  readonly sent: Sent;
}

export type LaneTrouble =
  | { readonly kind: "unknown-destination"; readonly owner: Owner }
  | { readonly kind: "outage"; readonly owner: Owner; readonly error: unknown };

/** For metrics and the operator's log. Never throws. */
export interface Reporting {
  notice(report: NoticeReport): void;
  trouble(trouble: LaneTrouble): void;
}

export interface NoticePorts {
  readonly source: EntrySource;
  readonly positions: PositionStore;
  readonly recipients: Recipients;
  readonly wording: Wording;
  readonly sender: Sender;
}
