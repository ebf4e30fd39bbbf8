/** IBM's SDK of IAM Identity over a real socket, and what its tests have in common. */
import IamIdentityV1 from "@ibm-cloud/platform-services/iam-identity/v1.js";
import { IamAuthenticator } from "ibm-cloud-sdk-core";
import type { AuditEvent } from "../../src/audit/event.ts";
import { IdentityServer } from "../../src/http/testing/identity-server.ts";
import { ManualClock } from "../../src/kernel/clock.ts";

export interface SdkError extends Error {
  readonly status: number;
  readonly result: {
    readonly status_code: number;
    readonly trace: string;
    readonly context: Readonly<Record<string, string>>;
    readonly errors: readonly Readonly<Record<string, string>>[];
  };
}

/** A listening server whose events can be looked at, and its administrator's client. */
export interface IamWire {
  readonly wire: IdentityServer;
  readonly url: string;
  readonly accountId: string;
  readonly adminId: string;
  readonly iam: IamIdentityV1;
  readonly last: () => AuditEvent;
}

export async function openIamWire(): Promise<IamWire> {
  // The SDK looks at its own clock to tell whether a token is still good.
  const wire = await IdentityServer.open({ clock: new ManualClock(Date.now()) });
  const url = await wire.server.listen({ host: "127.0.0.1", port: 0 });
  const { account, administrator, apiKey } = wire.app.first;
  return {
    wire,
    url,
    accountId: account.id,
    adminId: administrator.iamId,
    iam: identityAt(url, apiKey.reveal()),
    last: () => wire.app.parts.lastEvent(),
  };
}

export function identityAt(url: string, apikey: string): IamIdentityV1 {
  const authenticator = new IamAuthenticator({ apikey, url });
  return new IamIdentityV1({ authenticator, serviceUrl: url });
}

export async function errorOf(call: Promise<unknown>): Promise<SdkError> {
  try {
    await call;
  } catch (error) {
    return error as SdkError;
  }
  throw new Error("nothing was refused");
}

export function tagOf({ entity_tag: tag }: { readonly entity_tag?: string }): string {
  return tag ?? "";
}

export function tokenIn(link: string | undefined): string {
  return new URL(link ?? "http://none").searchParams.get("pagetoken") ?? "";
}

/** Every page of a list, as the SDK's users go through them. */
export async function pages<Page extends { next?: string }>(
  read: (paging: { readonly pagetoken?: string }) => Promise<{ result: Page }>,
): Promise<Page[]> {
  const all: Page[] = [];
  let token = "";
  do {
    const { result } = await read(token === "" ? {} : { pagetoken: token });
    all.push(result);
    token = tokenIn(result.next);
  } while (token !== "");
  return all;
}
