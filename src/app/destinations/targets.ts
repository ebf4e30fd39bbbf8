/**
 * Targets of IBM's event routing: destinations that get what routes send to them. Beyond what every destination is asked,
 * one is in a region that the account's settings permit, and there is a number that there may be.
 */
import type { Item } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Tested } from "../../delivery/couriers.ts";
import { changeOperation, readOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import { assertNamed } from "./alias.ts";
import { createDestination, type CreateDestinationInput } from "./create-destination.ts";
import { deleteDestination } from "./delete-destination.ts";
import { DESTINATION, ROUTE, type Route } from "./destination.ts";
import { locateDestination, type Found } from "./find.ts";
import { listDestinations } from "./read-destinations.ts";
import { routingSettingsOf } from "./routing-settings.ts";
import { testDestination } from "./test-destination.ts";
import { updateDestination, type UpdateDestinationInput } from "./update-destination.ts";
import { viewOf, type DestinationView } from "./view.ts";

/** IBM, "Limits of event routing". */
export const MAX_TARGETS_PER_ACCOUNT = 16;

/** What IBM calls the CRN of another destination. */
const CRN_FIELD = "cloudlogs_endpoint.target_crn";

/** What a wire says of the region is kept under this name. */
export const SHOWN_REGION = "region";

export interface TargetView {
  readonly id: string;
  readonly account: string;
  readonly target: DestinationView;
}

export interface CreateTargetInput extends CreateDestinationInput {
  readonly targetType: string;
  /** As it was asked for. */
  readonly region?: string | undefined;
  /** The one that the request was addressed to, if it was to one. */
  readonly addressed?: string | undefined;
}

type Making = Awaited<ReturnType<typeof createDestination.locate>>["subject"];

export const createTarget = changeOperation<CreateTargetInput, Making, TargetView>({
  name: "destination.create",
  async locate(input, context) {
    const region = await regionOf(input, context);
    const shown = { ...input.shown, [SHOWN_REGION]: region };
    const given = { ...input, isRouted: true, shown };
    const located = await createDestination.locate(given, context);
    const { targetType } = input;
    return { ...located, facts: { ...located.facts, target_type: targetType, region } };
  },
  async run(input, located, context) {
    const { shown } = located.subject.item.content;
    await assertPermitted(shown[SHOWN_REGION] ?? "", context);
    await assertNamed(located.subject.sink.settings, context, CRN_FIELD);
    await assertTargetRoom(context);
    return targetView(done(await createDestination.run(input, located, context)), context);
  },
});

export interface WhichTarget {
  readonly id: string;
}

export const readTarget = readOperation<WhichTarget, Found, TargetView>({
  name: "destination.read",
  locate: locateTarget,
  async run(_input, { subject }, context) {
    return targetView(viewOf(subject, context), context);
  },
});

export interface ListedTargets {
  readonly targets: readonly TargetView[];
  readonly totalCount: number;
}

export interface ListTargetsInput {
  /** Those that are there alone. */
  readonly region?: string | undefined;
}

export const listTargets = readOperation<ListTargetsInput, null, ListedTargets>({
  name: "destination.list",
  locate: (_input, context) => listDestinations.locate({}, context),
  async run({ region }, located, context) {
    const asked = { includesPinned: true, sortBy: "createdAt" } as const;
    const listed = done(await listDestinations.run(asked, located, context));
    const targets = listed.destinations
      .filter(({ shown }) => region === undefined || shown[SHOWN_REGION] === region)
      .map((target) => targetView(target, context));
    return { targets, totalCount: targets.length };
  },
});

export interface UpdateTargetInput
  extends
    WhichTarget,
    Pick<UpdateDestinationInput, "newName" | "settings" | "credentials" | "shown"> {
  readonly targetType?: string | undefined;
  /** Where it is, if it is said again: a target is not moved. */
  readonly region?: string | undefined;
}

type Planned = Awaited<ReturnType<typeof updateDestination.locate>>["subject"];

export const updateTarget = changeOperation<UpdateTargetInput, Planned, TargetView>({
  name: "destination.update",
  async locate(input, context) {
    await locateTarget(input, context);
    const located = await updateDestination.locate({ ...input, name: input.id }, context);
    const { name } = located.becomes ?? located.target;
    return { ...located, facts: { ...located.facts, name, target_type: input.targetType } };
  },
  async run(input, located, context) {
    const asked = { ...input, name: input.id };
    if ("change" in located.subject) {
      assertStays(input, located.subject.change.content.shown[SHOWN_REGION] ?? "");
      await assertNamed(located.subject.change.sink.settings, context, CRN_FIELD);
    }
    return targetView(done(await updateDestination.run(asked, located, context)), context);
  },
});

export interface DeletedTarget {
  /** Routes that still name it: what they have for it is sent nowhere. */
  readonly routes: readonly Item<Route>[];
  readonly isDefault: boolean;
}

export const deleteTarget = changeOperation<WhichTarget, Found, DeletedTarget>({
  name: "destination.delete",
  locate: locateTarget,
  async run({ id }, located, context) {
    const { store, call } = context;
    const routes = await store.items.allItems(ROUTE, call.place.account);
    const { defaultTargets } = await routingSettingsOf(call.place.account, store);
    done(await deleteDestination.run({ name: id }, located, context));
    return {
      routes: routes.filter(({ content }) =>
        content.rules.some(({ targetIds }) => targetIds.includes(id)),
      ),
      isDefault: defaultTargets.includes(id),
    };
  },
});

export interface ValidatedTarget extends TargetView, Tested {
  readonly at: Millis;
}

export interface ValidateTargetInput extends WhichTarget {
  /** Found out by `work`. */
  readonly tested?: Tested;
}

export const validateTarget = readOperation<ValidateTargetInput, Found, ValidatedTarget>({
  name: "destination.test",
  locate: locateTarget,
  async work({ id }, subject, context) {
    const tried = await testDestination.work?.({ name: id }, subject, context);
    return { id, ...(tried?.tested ? { tested: tried.tested } : {}) };
  },
  reachesOut: () => true,
  async run({ id, tested }, located, context) {
    const input = { name: id, ...(tested ? { tested } : {}) };
    const { isReached, problem, index } = done(await testDestination.run(input, located, context));
    const view = targetView(viewOf(located.subject, context), context);
    return { ...view, isReached, problem, index, at: context.now };
  },
});

/** By its id alone: names are anybody's choice. */
async function locateTarget(
  { id }: { readonly id: string },
  context: Context<View>,
): Promise<Located<Found>> {
  const located = await locateDestination({ name: id }, context);
  if (located.target.id === id) return located;
  throw new Refusal("not_found", "There is no such target.");
}

/** Where it was asked for; else where the request was addressed to, and else where the account's first instance is. */
async function regionOf(
  { region, addressed = "" }: CreateTargetInput,
  { store, call, capabilities: { regions } }: Context<View>,
): Promise<string> {
  if (region !== undefined) return regions.named(region).id;
  const found = regions.find(addressed);
  if (found) return found.id;
  const [first] = await store.identity.instances(call.place.account);
  return first?.region ?? "";
}

async function assertPermitted(region: string, { store, call }: Context<View>): Promise<void> {
  const { permittedTargetRegions: permitted } = await routingSettingsOf(call.place.account, store);
  if (permitted.length === 0 || permitted.includes(region)) return;
  const sentence = `The requested region is not in the list of permitted regions. Requested: ${region}, Permitted: [${permitted.join(" ")}]`;
  throw new Refusal("invalid_request", sentence, { field: "region", reason: "region-not-allowed" });
}

function assertStays({ region }: UpdateTargetInput, made: string): void {
  if (region === undefined || region === made) return;
  const sentence = `The field region is ${made === "" ? "left out" : made}: a target stays where it was made.`;
  throw new Refusal("invalid_request", sentence, { field: "region" });
}

async function assertTargetRoom({ store, call }: Context<View>): Promise<void> {
  const all = await store.items.allItems(DESTINATION, call.place.account);
  if (all.filter(({ content }) => content.isRouted).length < MAX_TARGETS_PER_ACCOUNT) return;
  const sentence = `There may be ${MAX_TARGETS_PER_ACCOUNT} targets in an account, and there are.`;
  throw new Refusal("limit_reached", sentence, { reason: "target-limit" });
}

function targetView(target: DestinationView, { call }: Pick<Context<View>, "call">): TargetView {
  return { id: target.id, account: call.place.account, target };
}

/** A refusal that these operations return is one before anything was done: thrown, it is the same. */
function done<Output extends object>(output: Output | Refusal): Output {
  if (output instanceof Refusal) throw output;
  return output;
}
