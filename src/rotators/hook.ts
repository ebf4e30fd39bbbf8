/**
 * A rotator at a URL, called as AWS calls a rotation function: the step, the secret's ARN and the version's id, in JSON.
 * It calls back with a key of its own. What it answers besides its status is not looked at.
 */
import { createHash } from "node:crypto";
import { request as requestPlain, type IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import { RotatorFault, type HookRotator, type HookStep } from "../app/secrets/rotators.ts";
import { secretArn } from "../audit/render/cloudtrail-arn.ts";
import { bareHost, type AllowedHosts } from "./allowed-hosts.ts";

/** From the look-up of the name to the head of the answer. */
export const HOOK_TIMEOUT_MS = 30_000;
/** What a Lambda function's answer has where the function failed. */
const FUNCTION_ERROR = "x-amz-function-error";

export interface HookTerms {
  readonly hosts: AllowedHosts;
  /** The headers by which the receiver knows that it comes from here (Standard Webhooks). */
  readonly sign: (message: {
    readonly id: string;
    readonly body: string;
  }) => Readonly<Record<string, string>>;
  /** Of certificate authorities besides those that everybody trusts, in PEM. */
  readonly ca: readonly string[] | undefined;
  readonly timeoutMs: number;
  readonly stopped: AbortSignal;
}

export class Hook implements HookRotator {
  readonly kind = "hook";
  readonly #url: URL;
  readonly #terms: HookTerms;

  constructor(url: URL, terms: HookTerms) {
    this.#url = url;
    this.#terms = terms;
  }

  async take({ step, place, secret, token }: HookStep): Promise<void> {
    const { hosts, sign, timeoutMs, stopped } = this.#terms;
    hosts.assertReachable(this.#url.hostname);
    const body = JSON.stringify({
      Step: step,
      SecretId: secretArn(place, secret),
      ClientRequestToken: token,
    });
    // The same for each attempt at the step, so that a receiver can tell.
    const id = createHash("sha256").update(`${secret.id} ${token} ${step}`).digest("hex");
    const headers = {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      "user-agent": "keytrail",
      ...sign({ id, body }),
    };
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([timeout, stopped]);
    const answer = await this.#post(body, headers, signal).catch(() => {
      if (stopped.aborted) throw notDone("The server was stopped while the rotator was asked.");
      throw notDone(
        timeout.aborted
          ? "The rotator did not answer in time."
          : "The rotator could not be reached.",
      );
    });
    const { statusCode = 0, headers: answered } = answer;
    if (statusCode < 200 || statusCode > 299) {
      throw notDone(`The rotator answered with the status ${statusCode}.`);
    }
    if (answered[FUNCTION_ERROR] !== undefined) throw notDone("The rotator's function failed.");
  }

  #post(
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { hosts, ca } = this.#terms;
    const url = this.#url;
    const request = url.protocol === "https:" ? requestTls : requestPlain;
    const lookup = hosts.lookup(bareHost(url.hostname));
    return new Promise((fulfil, reject) => {
      const trust = ca ? { ca: [...ca] } : {};
      const options = { method: "POST", headers, signal, lookup, agent: false, ...trust } as const;
      const outgoing = request(url, options);
      outgoing.once("response", (incoming) => {
        incoming.on("error", () => {}).resume();
        fulfil(incoming);
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

function notDone(sentence: string): RotatorFault {
  return new RotatorFault(sentence, { isFinal: false });
}
