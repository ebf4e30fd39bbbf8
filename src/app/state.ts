/**
 * The port to the state: secrets (sealed), identities, policies, and the outbox. One transaction does a change and
 * puts its events into the outbox, so that a committed change always has its events.
 */
import type { EventDraft } from "../audit/event.ts";
import type { ProgressReader, ProgressStore } from "../delivery/progress.ts";
import type { EventId } from "../kernel/ids.ts";
import type { AccessKeyReader, AccessKeyStore } from "../identity/access-key.ts";
import type { GroupReader, GroupStore } from "../identity/group-store.ts";
import type { LoginReader, LoginStore } from "../identity/login-store.ts";
import type { ProfileReader, ProfileStore } from "../identity/profile-store.ts";
import type { IdentityReader, IdentityStore } from "../identity/store.ts";
import type { ItemReader, ItemStore } from "../items/item.ts";
import type { CursorReader, CursorStore } from "../secrets/cursor-store.ts";
import type { ConfigurationReader, ConfigurationStore } from "../secrets/configurations/store.ts";
import type { IssuanceReader, IssuanceStore } from "../secrets/issuance.ts";
import type { LeaseReader, LeaseStore } from "../secrets/lease.ts";
import type { RegistrationReader, RegistrationStore } from "../secrets/registration.ts";
import type { SecretReader, SecretStore } from "../secrets/store.ts";
import type { TaskReader, TaskStore } from "../secrets/task.ts";

/** A consistent view of what is committed. */
export interface View {
  readonly secrets: SecretReader;
  readonly identity: IdentityReader;
  readonly groups: GroupReader;
  readonly profiles: ProfileReader;
  readonly logins: LoginReader;
  readonly accessKeys: AccessKeyReader;
  readonly configurations: ConfigurationReader;
  readonly leases: LeaseReader;
  readonly tasks: TaskReader;
  readonly issuances: IssuanceReader;
  readonly registrations: RegistrationReader;
  readonly cursors: CursorReader;
  readonly deliveryProgress: ProgressReader;
  readonly items: ItemReader;
}

export interface Transaction extends View {
  readonly secrets: SecretStore;
  readonly identity: IdentityStore;
  readonly groups: GroupStore;
  readonly profiles: ProfileStore;
  readonly logins: LoginStore;
  readonly accessKeys: AccessKeyStore;
  readonly configurations: ConfigurationStore;
  readonly leases: LeaseStore;
  readonly tasks: TaskStore;
  readonly issuances: IssuanceStore;
  readonly registrations: RegistrationStore;
  readonly cursors: CursorStore;
  readonly deliveryProgress: ProgressStore;
  readonly items: ItemStore;
  /** Keeps events with the change. `ledgerSize` is the ledger's size now: they can only be found after it. */
  enqueue(drafts: readonly EventDraft[], ledgerSize: number): Promise<void>;
}

/** An event that was committed with its change and is not known to be in the ledger. */
export interface PendingEvent {
  readonly draft: EventDraft;
  readonly ledgerSize: number;
}

export interface State {
  read<T>(work: (view: View) => Promise<T>): Promise<T>;
  /**
   * Runs one change at a time. When the promise resolves the change is durable; when `work` throws nothing has
   * happened. `committed` runs in the very turn of the commit, before any other change can begin.
   */
  transact<T>(work: (tx: Transaction) => Promise<T>, committed?: (result: T) => void): Promise<T>;
  /** Events of committed changes that have not been settled, in the order of their commits. */
  pending(): Promise<readonly PendingEvent[]>;
  /** These events are durable in the ledger. Forgetting them may be put off, or lost in a crash. */
  settle(ids: readonly EventId[]): void;
}
