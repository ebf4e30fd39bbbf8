/** Certificates by authorities that stand as secrets under a path: DSV's PKI. AWS's names are those of its Private CA. */
import { rows } from "./row.ts";

const PCA = "acm-pca.amazonaws.com";

/** Something that is signed, or can sign, comes to be. */
const issuing = { kind: "change", dataEvent: true, severity: "normal" } as const;

export const pkiRows = rows({
  "pki-root.register": {
    action: "secrets-manager.pki-root.add",
    aws: "ImportCertificateAuthorityCertificate",
    awsSource: PCA,
    dsv: ["pki:register", "POST"],
    ...issuing,
    severity: "warning",
    discloses: "supplied",
    request: ["rootCAPath", "domains", "maxTTL"],
    response: ["id", "versionId", "serialNumber"],
  },
  "pki-root.create": {
    action: "secrets-manager.pki-root.create",
    aws: "CreateCertificateAuthority",
    awsSource: PCA,
    dsv: ["pki:root", "POST"],
    ...issuing,
    severity: "warning",
    discloses: "supplied",
    request: ["rootCAPath", "domains", "maxTTL"],
    response: ["id", "versionId", "serialNumber"],
  },
  "pki-csr.sign": {
    action: "secrets-manager.pki-csr.issue",
    aws: "IssueCertificate",
    awsSource: PCA,
    dsv: ["pki:sign", "POST"],
    ...issuing,
    request: ["rootCAPath", "ttl"],
    response: ["serialNumber", "commonName", "notAfter"],
  },
  "pki-leaf.issue": {
    action: "secrets-manager.pki-leaf.issue",
    aws: "RequestCertificate",
    awsSource: PCA,
    dsv: ["pki:leaf", "POST"],
    ...issuing,
    request: ["rootCAPath", "storePath", "ttl"],
    response: ["serialNumber", "commonName", "notAfter", "storedAs"],
  },
  "pki-ssh-certificate.issue": {
    action: "secrets-manager.pki-ssh-certificate.issue",
    aws: "IssueSSHCertificate",
    awsSource: PCA,
    dsv: ["pki:ssh-cert", "POST"],
    ...issuing,
    request: ["rootCAPath", "leafCAPath", "principals", "ttl"],
    response: ["serialNumber", "notAfter"],
  },
});
