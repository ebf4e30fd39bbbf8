/** The operations on configurations: authorities, templates, engines; and what authorities publish. */
import { changing, reading, removing, rows } from "./row.ts";

export const configurationRows = rows({
  "configuration.create": {
    ...changing,
    action: "secrets-manager.configuration.create",
    aws: "CreateConfiguration",
    dsv: ["config:secrets", "POST"],
    request: ["name", "configurationType"],
    response: ["name", "configurationType", "apiKeyId"],
  },
  "configuration.list": {
    ...reading,
    action: "secrets-manager.configurations.list",
    aws: "ListConfigurations",
    dsv: ["config:secrets", "GET"],
    request: ["offset", "limit", "sort", "secretTypes"],
    response: ["totalCount", "returnedCount"],
  },
  "configuration.read": {
    ...reading,
    action: "secrets-manager.configuration.read",
    aws: "DescribeConfiguration",
    dsv: ["config:secrets:{name}", "GET"],
    request: ["name", "configurationType"],
    response: ["name", "configurationType"],
  },
  "configuration.update": {
    ...changing,
    action: "secrets-manager.configuration.update",
    aws: "UpdateConfiguration",
    dsv: ["config:secrets:{name}", "PUT"],
    request: ["name", "configurationType", "changes"],
    response: ["name", "configurationType", "apiKeyId"],
  },
  "configuration.action": {
    ...changing,
    action: "secrets-manager.configuration-action.create",
    aws: "CreateConfigurationAction",
    dsv: ["config:secrets:{name}:action", "POST"],
    request: ["name", "configurationType", "actionType"],
    response: ["configurationType", "actionType", "serialNumber"],
  },
  "configuration.delete": {
    ...removing,
    action: "secrets-manager.configuration.delete",
    aws: "DeleteConfiguration",
    dsv: ["config:secrets:{name}", "DELETE"],
    request: ["name", "configurationType"],
    response: [],
  },
  // Read by whoever checks a certificate (RFC 5280, sections 4.2.1.13 and 4.2.2.1): nobody logs in for it.
  "authority.crl.read": {
    ...reading,
    action: "secrets-manager.authority-crl.read",
    aws: "GetCertificateRevocationList",
    dsv: ["config:secrets:{name}:crl", "GET"],
    request: ["name"],
    response: ["revokedCount"],
  },
  "authority.certificate.read": {
    ...reading,
    action: "secrets-manager.authority-certificate.read",
    aws: "GetCertificateAuthorityCertificate",
    dsv: ["config:secrets:{name}:certificate", "GET"],
    request: ["name"],
    response: ["name"],
  },
});
