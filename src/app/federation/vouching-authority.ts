/** The authority that a provider of certificates names: one that stands as a secret under a path, or one from outside. */
import type { VouchingAuthority } from "../../identity/identity-provider.ts";
import { fromUtf8 } from "../../kernel/bytes.ts";
import { Refusal } from "../../kernel/errors.ts";
import { readCertificate } from "../../pki/read.ts";
import type { Context } from "../operation.ts";
import { openVersion } from "../secrets/open.ts";
import type { Transaction } from "../state.ts";

export interface GivenAuthority {
  /** The path of a secret that holds an authority: its certificate is in the field `cert`. */
  readonly rootCAPath?: string | undefined;
  /** Or the certificate itself, in PEM, of an authority from elsewhere. */
  readonly certificate?: string | undefined;
}

/**
 * The authority by the certificate that it has now. Undefined where none is named. Throws `invalid_request` for what is no
 * certificate of an authority.
 */
export async function vouchingAuthority(
  { rootCAPath, certificate }: GivenAuthority,
  context: Context<Transaction>,
): Promise<VouchingAuthority | undefined> {
  if (rootCAPath !== undefined && certificate !== undefined) {
    throw invalid("certificate", "An authority is named by its path or its certificate, not both.");
  }
  if (certificate !== undefined) return checked(null, certificate);
  if (rootCAPath === undefined) return undefined;
  return checked(rootCAPath, await certificateAt(rootCAPath, context));
}

function checked(path: string | null, pem: string): VouchingAuthority {
  const field = path === null ? "certificate" : "rootCAPath";
  const certificate = readCertificate(pem, field);
  if (!certificate.isCa) throw invalid(field, "The certificate is not that of an authority.");
  return { path, certificate: certificate.pem };
}

/** Nothing but the certificate is taken from the secret: that is public. */
async function certificateAt(path: string, context: Context<Transaction>): Promise<string> {
  const { store, call } = context;
  const { account } = call.place;
  const [instance] = await store.identity.instances(account);
  const at = instance && { account, instance: instance.id };
  const secrets = at ? await store.secrets.secretsCalled(at, path) : [];
  for (const secret of secrets) {
    if (secret.deletion || secret.type !== "kv") continue;
    const version = await store.secrets.version(secret, { alias: "current" });
    const payload = version && (await openVersion({ secret, version }, context));
    const cert = payload?.kind === "kv" ? payload.data.reveal()["cert"] : undefined;
    if (typeof cert === "string") return pemIn(cert);
  }
  throw invalid("rootCAPath", "There is no authority at this path.");
}

/** As it stands, or the whole of it in Base64, as DSV's clients have it. */
function pemIn(text: string): string {
  if (text.includes("-----BEGIN ")) return text;
  try {
    return fromUtf8(Buffer.from(text, "base64"));
  } catch {
    return "";
  }
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
