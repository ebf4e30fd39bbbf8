/** What the trail and the log are told of destinations: that one takes nothing, that it does again, what it refuses. */
import type { Call } from "../app/call.ts";
import type { OperationOfKind } from "../audit/catalogue.ts";
import { operatorPlace } from "../audit/crn.ts";
import type { Ending } from "../audit/describe.ts";
import type { Definition } from "../delivery/definition.ts";
import type { Happening } from "../delivery/delivery.ts";
import type { SinkAddress } from "../delivery/sink.ts";
import { checkSink } from "../delivery/sinks.ts";
import { accountPlace } from "../identity/account.ts";
import { Refusal } from "../kernel/errors.ts";
import { randomId } from "../kernel/ids.ts";
import type { WriteLog } from "./log.ts";

interface Notice {
  readonly operation: OperationOfKind<"notice">;
  readonly facts: Readonly<Record<string, unknown>> & { readonly ending?: Ending };
}

/** In the words of the catalogue's rows; `size` is the ledger's. */
export function noticeOf(happening: Happening, size: number): Notice {
  const { definition, report } = happening;
  const { acknowledged } = report.progress;
  const { kind } = definition.sink;
  const { name } = definition;
  if (happening.kind === "set-aside") {
    const { index, eventId } = happening.aside;
    const count = report.progress.setAsideCount;
    const ending = failure(`It was set aside: ${problemOf(happening)}`);
    return {
      operation: "destination.set-aside",
      facts: { name, kind, index, eventId, count, ending },
    };
  }
  const { host, port } = addressOf(definition);
  const facts = { name, kind, host, port, acknowledged, waiting: Math.max(0, size - acknowledged) };
  if (happening.kind === "recovered") return { operation: "destination.recover", facts };
  const ending = failure(`Nothing arrives there: ${problemOf(happening)}`);
  return { operation: "destination.fail", facts: { ...facts, ending } };
}

/** Of the server itself, in the account whose destination it is. */
export function callOf({ id, name, selection, isPinned }: Definition): Call {
  const { account } = selection;
  const requestId = randomId();
  return {
    caller: { kind: "internal", job: "delivery" },
    dialect: "internal",
    place: isPinned || account === null ? operatorPlace() : accountPlace(account),
    host: { address: "", addressType: "", agent: "" },
    requestId,
    correlationId: requestId,
    about: { kind: "destination", id, name },
  };
}

/** Where it is may hold a secret: the log says its name and its id. */
export function sayHappening(happening: Happening, log: WriteLog): void {
  const { id, name } = happening.definition;
  const which = `The destination ${name} (${id})`;
  switch (happening.kind) {
    case "failing":
      return log({ level: "warn", message: `${which} gets nothing: ${problemOf(happening)}` });
    case "recovered":
      return log({ level: "info", message: `${which} gets its events again.` });
    case "set-aside": {
      const { index } = happening.aside;
      const message = `${which} does not take entry ${index}: ${problemOf(happening)}`;
      return log({ level: "warn", message });
    }
  }
}

/** A sentence; see DeliveryFault for what it never says. */
function problemOf(happening: Happening): string {
  const problem =
    happening.kind === "set-aside"
      ? happening.aside.reason
      : happening.report.progress.lastTrouble?.problem;
  return `${(problem ?? "nobody knows why").replace(/\.$/, "")}.`;
}

function failure(sentence: string): Ending {
  return { kind: "failure", status: 503, sentence };
}

/** Settings that a later version does not take have no address. */
function addressOf({ sink }: Definition): Pick<SinkAddress, "host" | "port"> {
  try {
    return checkSink(sink).address;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { host: "", port: 0 };
  }
}
