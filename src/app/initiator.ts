/** The event's initiator: the caller of a call, as the record names it. */
import type { EventHost, Initiator, InitiatorAccess } from "../audit/event.ts";
import { toRfc3339 } from "../kernel/clock.ts";
import type { Call, Identity, SignedBy } from "./call.ts";

/** What IBM's IAM events say of the client, by which it is known: the console, and the command line. */
const AGENTS: Readonly<Record<string, string>> = {
  HOP55v1CCT: "Not Set",
  bx: "IBM Cloud CLI",
};

/** `account` is that of the event, in which whoever comes from another one is a stranger. */
export function initiatorOf(call: Call, account: string): Initiator {
  const { caller } = call;
  const host = hostOf(call);
  switch (caller.kind) {
    case "identity":
      return {
        id: caller.id,
        name: caller.name,
        typeURI: caller.typeURI,
        ...(caller.authnId === undefined ? {} : { authnId: caller.authnId }),
        ...(caller.authnName === undefined ? {} : { authnName: caller.authnName }),
        credential: { type: caller.credentialType },
        ...(caller.signedBy ? { access: accessOf(caller.signedBy, caller, account) } : {}),
        host,
      };
    case "anonymous":
      return {
        id: caller.claimed?.id ?? "",
        name: "",
        typeURI: caller.claimed?.typeURI ?? "service/security/clientid",
        credential: { type: caller.refusal ? "token" : "public-access" },
        host,
      };
    case "internal":
      return {
        id: `keytrail-${caller.job}`,
        name: "Keytrail",
        typeURI: "service/security/clientid",
        credential: { type: "token" },
        host: { address: "", addressType: "", agent: "" },
      };
  }
}

function accessOf(by: SignedBy, { account: own }: Identity, account: string): InitiatorAccess {
  const { accessKeyId: keyId, kind, sessionName, sourceIdentity, startedAt, isMfa } = by;
  return {
    keyId,
    kind,
    ...(sessionName === undefined ? {} : { sessionName }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(startedAt === undefined ? {} : { startedAt: toRfc3339(startedAt) }),
    ...(isMfa === undefined ? {} : { mfa: isMfa }),
    ...(own === account ? {} : { account: own }),
  };
}

/** Of a session that the console or the command line opened, the agent is theirs, whatever they call themselves. */
function hostOf({ caller, host }: Call): EventHost {
  const agent = caller.kind === "identity" ? AGENTS[caller.clientId ?? ""] : undefined;
  return agent === undefined ? host : { ...host, agent };
}
