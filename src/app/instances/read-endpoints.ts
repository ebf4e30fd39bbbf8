/** At which URL this installation serves an instance: what a client is told to call. */
import { isIP } from "node:net";
import { parseCrn } from "../../audit/crn.ts";
import type { Instance } from "../../identity/account.ts";
import type { Regions } from "../../identity/region.ts";
import { SERVICE_WITH_INSTANCES } from "../../identity/roles.ts";
import { Refusal } from "../../kernel/errors.ts";
import { isUuid } from "../../kernel/ids.ts";
import type { Call } from "../call.ts";
import { readOperation } from "../operation.ts";
import { findInstance, resourceOf, targetOf } from "./find.ts";

/** Of a host name (RFC 1035, section 2.3.4) with its port. */
export const MAX_HOST_CHARS = 260;

/** Where a request came in: its scheme, and its host with the port. */
export interface CalledAt {
  readonly scheme: string;
  readonly host: string;
}

export interface ReadEndpointsInput {
  /** Of the instance, by its id; the account and the region of its CRN have to be its own. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly calledAt: CalledAt;
}

/** Reads the CRN of an instance; refuses any other text without repeating it. */
export function readEndpointsInput(text: string, calledAt: CalledAt): ReadEndpointsInput {
  const parsed = parseCrn(text);
  const id = parsed?.instance?.toLowerCase() ?? "";
  const isOfInstance = parsed?.service === SERVICE_WITH_INSTANCES && parsed.id === "";
  if (!isOfInstance || !isUuid(id)) {
    throw new Refusal("invalid_request", "`crn` is not the CRN of an instance.", { field: "crn" });
  }
  return { id, account: parsed.account, region: parsed.region, calledAt };
}

export interface InstanceEndpoints {
  readonly id: string;
  /** Without a slash at its end. */
  readonly url: string;
}

export const readEndpoints = readOperation<ReadEndpointsInput, Instance, InstanceEndpoints>({
  name: "instance.endpoints.read",

  async locate({ id, account, region }, { store, call }) {
    const instance = await findInstance(store, { id, account: call.place.account });
    if (account !== instance.account || region !== instance.region) {
      throw new Refusal("not_found", "There is no such instance.");
    }
    return { target: targetOf(instance), resource: resourceOf(instance), subject: instance };
  },

  async run({ calledAt }, { subject: instance }, { call, capabilities }) {
    const { publicDomain, regions } = capabilities;
    if (publicDomain !== null) {
      return { id: instance.id, url: `https://${nameOf(instance)}.${publicDomain}` };
    }
    const host = hostFor(instance, { ...calledAt, call, regions });
    return { id: instance.id, url: `${calledAt.scheme}://${host}` };
  },
});

interface Asked extends CalledAt {
  readonly call: Call;
  readonly regions: Regions;
}

function nameOf({ id, region }: Instance): string {
  return `${id}.${region}`;
}

/**
 * Without a domain for all instances, the host that was called, where that leads to the instance; else a name under it.
 * On this machine that is one under `localhost`; under any other bare address there are no names.
 */
function hostFor(instance: Instance, { host, call, regions }: Asked): string {
  if (host.length > MAX_HOST_CHARS || !URL.canParse(`http://${host}`)) {
    throw new Refusal("invalid_request", "The request does not say which host it is for.");
  }
  if (call.place.instance === instance.id) return host;
  const { hostname, port } = new URL(`http://${host}`);
  const bare = domainOf(hostname.replace(/^\[|\]$/g, ""), regions);
  const suffix = port === "" ? "" : `:${port}`;
  if (isLoopback(bare)) return `${nameOf(instance)}.localhost${suffix}`;
  if (isIP(bare) !== 0) {
    const sentence =
      "Behind a bare address only one instance can be called. Call by a host name, or have the server started with " +
      "--public-domain.";
    throw new Refusal("conflict", sentence);
  }
  return `${nameOf(instance)}.${bare}${suffix}`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The host without what names another instance. */
function domainOf(host: string, regions: Regions): string {
  const [first = "", ...labels] = host.split(".");
  if (!isUuid(first)) return host;
  return labels.slice(regions.find(labels[0] ?? "") ? 1 : 0).join(".");
}
