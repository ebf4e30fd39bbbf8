/**
 * Certificate authorities over the network (ACME, RFC 8555): orders, challenges by DNS, certificates. Written here
 * rather than taken: it is a handful of signed requests, each of which has to end in time and in size, to go nowhere
 * else, and to be given up when the server stops.
 */
import { z } from "zod";
import {
  type Acme,
  type AcmeAccount,
  type AcmeChallenge,
  type AcmeFault,
  type AcmeOrder,
} from "../app/secrets/acme.ts";
import type { Clock, Millis } from "../kernel/clock.ts";
import type { AcmeEnvironment } from "../secrets/configurations/lets-encrypt.ts";
import { recordValueOf } from "./account-key.ts";
import { faultOfProblem, notUnderstood, problemSchema, retryAfterOf } from "./faults.ts";
import { REQUEST_TIMEOUT_MS, type AcmeAnswer } from "./requests.ts";
import { AcmeSession, readAnswer, type KnownAccount } from "./session.ts";

/** Authorizations of an order that are asked for at once. */
export const AT_ONCE = 5;
export const MAX_AUTHORIZATIONS = 100;
/** Other chains of a certificate. */
export const MAX_ALTERNATES = 5;

const PEM_CHAIN = "application/pem-certificate-chain";
const STATUSES = ["pending", "ready", "processing", "valid", "invalid"] as const;
const TOKEN = /^[A-Za-z0-9_-]{1,256}$/;
const DOMAIN = /^(?=.{1,253}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+$/;

const orderSchema = z.object({
  status: z.enum(STATUSES),
  expires: z.string().optional(),
  authorizations: z.array(z.string()).max(MAX_AUTHORIZATIONS),
  finalize: z.string(),
  certificate: z.string().optional(),
  error: problemSchema.optional(),
});

const authorizationSchema = z.object({
  identifier: z.object({ type: z.literal("dns"), value: z.string().regex(DOMAIN) }),
  status: z.enum(["pending", "valid", "invalid", "deactivated", "expired", "revoked"]),
  expires: z.string().optional(),
  wildcard: z.boolean().optional(),
  challenges: z
    .array(
      z.object({
        type: z.string(),
        url: z.string(),
        status: z.enum(["pending", "processing", "valid", "invalid"]),
        token: z.string().regex(TOKEN).optional(),
        error: problemSchema.optional(),
      }),
    )
    .max(20),
});

export interface AcmeClientOptions {
  /** RFC 8555, section 7.1.1, by what configurations call them. */
  readonly directories: Readonly<Record<AcmeEnvironment, string>>;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

/** Holds no key of any account longer than a call. */
export class AcmeClient implements Acme {
  readonly #sessions: Readonly<Record<AcmeEnvironment, AcmeSession>>;
  readonly #stopping = new AbortController();

  constructor(options: AcmeClientOptions) {
    const { directories, userAgent, clock, timeoutMs = REQUEST_TIMEOUT_MS } = options;
    const terms = { userAgent, timeoutMs, stopped: this.#stopping.signal };
    const sessionWith = (url: string): AcmeSession => new AcmeSession(new URL(url), terms, clock);
    this.#sessions = {
      production: sessionWith(directories.production),
      staging: sessionWith(directories.staging),
    };
  }

  /** Gives up what is being asked, and whatever would be: all of it is as if nobody answered. */
  stop(): void {
    this.#stopping.abort();
  }

  async place(account: AcmeAccount, names: readonly string[]): Promise<string> {
    const { session, known } = await this.#opened(account);
    const identifiers = names.map((value) => ({ type: "dns", value }));
    const url = await session.newOrderUrl();
    const answer = await session.post(known, { url, payload: { identifiers } });
    return session.within(answer.headers.get("location")).href;
  }

  async look(account: AcmeAccount, orderUrl: string): Promise<AcmeOrder> {
    const { session, known } = await this.#opened(account);
    const answer = await session.post(known, { url: session.within(orderUrl) });
    return orderIn(answer, session, known);
  }

  async validate(account: AcmeAccount, challenges: readonly AcmeChallenge[]): Promise<void> {
    const { session, known } = await this.#opened(account);
    await inTurns(challenges, ({ url }) =>
      session.post(known, { url: session.within(url), payload: {} }),
    );
  }

  async finalize(account: AcmeAccount, order: AcmeOrder, csr: string): Promise<AcmeOrder> {
    const { session, known } = await this.#opened(account);
    const der = Buffer.from(csr.replaceAll(/-----[^-]+-----/g, ""), "base64");
    const answer = await session.post(known, {
      url: session.within(order.finalizeUrl),
      payload: { csr: der.toString("base64url") },
    });
    return orderIn(answer, session, known);
  }

  async download(
    account: AcmeAccount,
    certificateUrl: string,
    { withAlternates }: { readonly withAlternates: boolean },
  ): Promise<readonly string[]> {
    const { session, known } = await this.#opened(account);
    const ask = (url: URL): Promise<AcmeAnswer> => session.post(known, { url, accept: PEM_CHAIN });
    const first = await ask(session.within(certificateUrl));
    const others = withAlternates ? alternatesOf(first).map((url) => session.within(url)) : [];
    return [first, ...(await inTurns(others, ask))].map(({ body }) => body);
  }

  async #opened(
    account: AcmeAccount,
  ): Promise<{ readonly session: AcmeSession; readonly known: KnownAccount }> {
    const session = this.#sessions[account.environment];
    return { session, known: await session.account(account) };
  }
}

async function orderIn(
  answer: AcmeAnswer,
  session: AcmeSession,
  known: KnownAccount,
): Promise<AcmeOrder> {
  const order = readAnswer(answer, orderSchema, "no order");
  const isOpen = order.status === "pending" || order.status === "invalid";
  const found = isOpen
    ? await inTurns(order.authorizations, (url) => authorizationAt(url, session, known))
    : null;
  const faults = [
    ...(order.error ? [faultOfProblem(order.error)] : []),
    ...(found ?? []).flatMap(({ fault }) => (fault ? [fault] : [])),
  ];
  return {
    status: order.status,
    expiresAt: timeOf(order.expires),
    challenges: found && found.flatMap(({ challenge }) => (challenge ? [challenge] : [])),
    // What a name was refused for says more than that names were.
    fault:
      faults.find(({ code }) => code !== "refused" && code !== "compound") ?? faults[0] ?? null,
    finalizeUrl: session.within(order.finalize).href,
    certificateUrl: order.certificate === undefined ? null : session.within(order.certificate).href,
    retryAfterMs: retryAfterOf(answer.headers),
  };
}

interface FoundAuthorization {
  /** Null of a name that was proven otherwise. */
  readonly challenge: AcmeChallenge | null;
  readonly fault: AcmeFault | null;
}

async function authorizationAt(
  url: string,
  session: AcmeSession,
  known: KnownAccount,
): Promise<FoundAuthorization> {
  const answer = await session.post(known, { url: session.within(url) });
  const found = readAnswer(answer, authorizationSchema, "no authorization");
  const byDns = found.challenges.find(({ type }) => type === "dns-01");
  if (byDns?.token === undefined) {
    if (found.status === "valid") return { challenge: null, fault: null };
    throw notUnderstood("without a challenge by DNS");
  }
  const { value } = found.identifier;
  const isPending = found.status === "pending";
  const failed = found.status !== "valid" && !isPending;
  const { error } = byDns;
  return {
    challenge: {
      domain: found.wildcard ? `*.${value}` : value,
      status: isPending ? byDns.status : found.status,
      expiresAt: timeOf(found.expires),
      recordName: `_acme-challenge.${value}.`,
      recordValue: recordValueOf(byDns.token, known.key),
      url: session.within(byDns.url).href,
    },
    fault: failed || error ? faultOfProblem(error ?? {}) : null,
  };
}

/** RFC 8555, section 7.4.2, and RFC 8288 for how it is written. */
function alternatesOf({ headers }: AcmeAnswer): readonly string[] {
  const links = (headers.get("link") ?? "").matchAll(/<([^<>]*)>\s*;([^<]*)/g);
  return [...links]
    .filter(([, , parameters = ""]) => /\brel="?alternate"?(?:[\s;,]|$)/.test(parameters))
    .map(([, url = ""]) => url)
    .slice(0, MAX_ALTERNATES);
}

/** A few at a time, in their order. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
}

function timeOf(text: string | undefined): Millis | null {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? null : at;
}
