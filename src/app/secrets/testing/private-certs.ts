/** A story with private certificates: a root, an authority below it, and what is asked of them again and again. */
import type { Refusal } from "../../../kernel/errors.ts";
import { verified } from "../../../pki/testing/openssl-verify.ts";
import type { PrivateCertAttributes } from "../../../secrets/kinds/private-cert.ts";
import type { Payload } from "../../../secrets/payload.ts";
import type { Caller } from "../../call.ts";
import type { GivenRules } from "../../configurations/kinds/certificate-template.ts";
import {
  updateConfiguration,
  updateConfigurationInput,
} from "../../configurations/change-configuration.ts";
import {
  acting,
  certificateInput,
  intermediateInput,
  rootInput,
  templateInput,
  type Acting,
} from "../../configurations/testing/authorities.ts";
import { certificateOf, listOf } from "../../configurations/testing/published.ts";
import { openTestApp, type TestApp } from "../../testing/test-app.ts";
import { createSecret, type CreateSecretOutput } from "../create-secret.ts";

export interface CertificateStory {
  readonly app: TestApp;
  readonly manager: Caller;
  readonly writer: Caller;
  readonly my: Acting;
  /** The template by which `issue` issues, by the authority `first`. */
  template(rules?: GivenRules): Promise<object>;
  patchTemplate(rules: GivenRules): Promise<object>;
  issue(...args: Parameters<typeof certificateInput>): Promise<CreateSecretOutput>;
  refusedIssue(...args: Parameters<typeof certificateInput>): Promise<Refusal>;
  /** What openssl says of a certificate by `first`: `OK`, or what is wrong with it. */
  checked(pem: string, isRevocationChecked?: boolean): Promise<string>;
}

export async function openCertificateStory(): Promise<CertificateStory> {
  const app = await openTestApp();
  const manager = await app.callerWith(["Manager"]);
  const writer = await app.callerWith(["Writer"]);
  const my = acting(app, manager);
  await my.make(rootInput("root"));
  await my.make(intermediateInput("first", "root"));
  return {
    app,
    manager,
    writer,
    my,
    template: (rules = {}) => my.make(templateInput("template", "first", rules)),
    patchTemplate(rules) {
      const patches = { template: { kind: "template", rules } } as const;
      const input = updateConfigurationInput({ name: "template" }, patches, rules);
      return app.done(updateConfiguration, manager, input);
    },
    issue: (...args) => app.done(createSecret, writer, certificateInput(...args)),
    refusedIssue: (...args) => app.refused(createSecret, writer, certificateInput(...args)),
    async checked(certificate, isRevocationChecked = false) {
      const [root, first] = [await certificateOf(app, "root"), await certificateOf(app, "first")];
      const lists = isRevocationChecked
        ? [(await listOf(app, "root")).pem, (await listOf(app, "first")).pem]
        : [];
      const at = app.clock.now();
      return verified({
        at,
        root,
        intermediates: [first],
        certificate,
        lists,
        purpose: "sslserver",
      });
    },
  };
}

export function opened(payload: Payload | null): {
  readonly pem: string;
  readonly key: string | null;
} {
  if (payload?.kind !== "private_cert") throw new Error("no certificate");
  return { pem: payload.certificate, key: payload.privateKey?.reveal() ?? null };
}

export function known(secret: Pick<CreateSecretOutput, "attributes">): PrivateCertAttributes {
  if (secret.attributes?.kind !== "private_cert") throw new Error("no certificate");
  return secret.attributes;
}
