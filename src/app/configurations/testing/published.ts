/** What an authority publishes, as anybody reads it; for tests. */
import { NOBODY, type TestApp } from "../../testing/test-app.ts";
import { readAuthorityCertificate, readAuthorityCrl } from "../authority-publications.ts";
import type { PublishedList } from "../revocation-lists.ts";

export function listOf(app: TestApp, name: string): Promise<PublishedList> {
  return app.done(readAuthorityCrl, NOBODY, { name });
}

/** PEM. */
export async function certificateOf(app: TestApp, name: string): Promise<string> {
  return (await app.done(readAuthorityCertificate, NOBODY, { name })).pem;
}
