import { z } from "zod";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { read } from "../body.ts";
import { date, present } from "../shapes.ts";
import { certificateBody, partsBody } from "./certificate.ts";
import { managedCsr, managedCsrBody, managedCsrOf } from "./managed-csr.ts";
import { common, commonOf, type WireKind } from "./wire-kind.ts";

const prototype = z.strictObject({
  secret_type: z.literal("imported_cert"),
  ...common,
  certificate: z.string().optional(),
  intermediate: z.string().optional(),
  private_key: z.string().optional(),
  managed_csr: managedCsr.optional(),
});

export const importedCert: WireKind<"imported_cert"> = {
  create(body) {
    const secret = read(prototype, body);
    const { certificate, intermediate, private_key: key, managed_csr: csr } = secret;
    return {
      ...commonOf(secret),
      payload: {
        kind: "imported_cert",
        certificate,
        intermediate,
        privateKey: key === undefined ? undefined : new Sensitive(key),
        managedCsr: csr && managedCsrOf(csr),
      },
    };
  },
  metadata({ attributes, expiresAt }) {
    if (attributes?.kind !== "imported_cert") return {};
    const { facts, managedCsr: managed } = attributes;
    return {
      ...present("expiration_date", expiresAt, date),
      ...(facts ? certificateBody(facts) : {}),
      ...(managed ? { csr: managed.csr, managed_csr: managedCsrBody(managed) } : {}),
    };
  },
  version: ({ attributes }) =>
    attributes?.kind === "certificate" ? certificateBody(attributes.facts) : {},
  value: partsBody,
};
