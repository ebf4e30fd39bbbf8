/**
 * Encryption as a service: data of others is encrypted by keys that never leave the server. IBM's names are those of its
 * Key Protect (action `kms.secrets.*`), AWS's those of KMS.
 */
import { changing, making, reading, removing, rows } from "./row.ts";

const KMS = "kms.amazonaws.com";
const WHICH = ["path", "id"] as const;

/** Of data that passes through: nothing is read out of the store, nothing is kept. */
const passing = { kind: "read", dataEvent: true, severity: "normal" } as const;

export const encryptionRows = rows({
  "encryption-key.create": {
    action: "kms.secrets.create",
    aws: "CreateKey",
    awsSource: KMS,
    dsv: ["crypto:key:{path}", "POST"],
    ...making,
    request: [...WHICH],
    response: ["id", "version"],
  },
  "encryption-key.read": {
    action: "kms.secrets-metadata.read",
    alsoKnownAs: ["kms.secrets.readmetadata"],
    aws: "DescribeKey",
    awsSource: KMS,
    dsv: ["crypto:key:{path}", "GET"],
    ...reading,
    request: [...WHICH],
    response: ["id", "version"],
  },
  "encryption-key.delete": {
    action: "kms.secrets.delete",
    aws: "ScheduleKeyDeletion",
    awsSource: KMS,
    dsv: ["crypto:key:{path}", "DELETE"],
    ...removing,
    request: [...WHICH, "force"],
    response: ["dueAt"],
  },
  "encryption-key.restore": {
    action: "kms.secrets.restore",
    aws: "CancelKeyDeletion",
    awsSource: KMS,
    dsv: ["crypto:key:{path}:restore", "PUT"],
    ...changing,
    request: [...WHICH],
    response: [],
  },
  // A key whose value its owner brings: it has one version, until another value is brought.
  "manual-key.create": {
    action: "kms.secrets.import",
    alsoKnownAs: ["kms.secrets.create"],
    aws: "ImportKeyMaterial",
    awsSource: KMS,
    dsv: ["crypto:manual:key:{path}", "POST"],
    ...making,
    request: [...WHICH],
    response: ["id", "version"],
  },
  "manual-key.update": {
    action: "kms.secrets.update",
    aws: "UpdateKeyMaterial",
    awsSource: KMS,
    dsv: ["crypto:manual:key:{path}", "PUT"],
    ...changing,
    request: [...WHICH],
    response: ["id", "version"],
  },
  "manual-key.read": {
    action: "kms.secrets.read",
    aws: "GetKeyMaterial",
    awsSource: KMS,
    dsv: ["crypto:manual:key:{path}", "GET"],
    ...reading,
    dataEvent: true,
    request: [...WHICH],
    response: ["id", "version"],
  },
  "manual-key.delete": {
    action: "kms.secrets-material.delete",
    alsoKnownAs: ["kms.secrets.delete"],
    aws: "DeleteImportedKeyMaterial",
    awsSource: KMS,
    dsv: ["crypto:manual:key:{path}", "DELETE"],
    ...removing,
    request: [...WHICH, "force"],
    response: ["dueAt"],
  },
  "manual-key.restore": {
    action: "kms.secrets-material.restore",
    alsoKnownAs: ["kms.secrets.restore"],
    aws: "RestoreImportedKeyMaterial",
    awsSource: KMS,
    dsv: ["crypto:manual:key:{path}:restore", "PUT"],
    ...changing,
    request: [...WHICH],
    response: [],
  },
  "data.encrypt": {
    action: "kms.secrets.wrap",
    aws: "Encrypt",
    awsSource: KMS,
    dsv: ["crypto:encrypt", "POST"],
    ...passing,
    request: [...WHICH, "version"],
    response: ["version"],
  },
  "data.decrypt": {
    action: "kms.secrets.unwrap",
    aws: "Decrypt",
    awsSource: KMS,
    dsv: ["crypto:decrypt", "POST"],
    ...passing,
    request: [...WHICH, "version"],
    response: ["version"],
  },
  // Of data under the newest version of its key, also makes the next version.
  "data.rotate": {
    action: "kms.secrets.rewrap",
    aws: "ReEncrypt",
    awsSource: KMS,
    dsv: ["crypto:rotate", "POST"],
    ...changing,
    dataEvent: true,
    request: [...WHICH, "startingVersion", "endingVersion"],
    response: ["startingVersion", "endingVersion", "keyRotated"],
  },
});
