/** What the answers of an object store, and of IBM's IAM, mean. Amazon S3 API reference, "Error responses". */
import type { Millis } from "../../../kernel/clock.ts";
import { DeliveryFault, type FaultKind } from "../../fault.ts";
import { faultOfAnswer } from "../../transports/answers.ts";
import type { HttpAnswer } from "../../transports/http.ts";

/** By the code in the answer's XML; of any other one the status says enough. */
const CODES: Readonly<Record<string, readonly [kind: FaultKind, sentence: string]>> = {
  AccessDenied: ["denied", "the credentials do not suffice to write objects there"],
  InvalidAccessKeyId: ["denied", "the access key is not known there"],
  SignatureDoesNotMatch: ["denied", "the secret access key is not the right one"],
  AuthorizationHeaderMalformed: ["denied", "signatures for this region are not taken there"],
  RequestTimeTooSkewed: ["denied", "the clocks here and there differ too much"],
  ExpiredToken: ["unavailable", "the token has ended"],
  NoSuchBucket: ["denied", "there is no such bucket"],
  InvalidBucketName: ["denied", "there is no such bucket"],
  PermanentRedirect: ["denied", "the bucket is at another endpoint"],
  TemporaryRedirect: ["denied", "the bucket is at another endpoint"],
  AllAccessDisabled: ["denied", "nobody may write to the bucket"],
  QuotaExceeded: ["denied", "the bucket is full"],
  BucketQuotaExceeded: ["denied", "the bucket is full"],
  // What arrived is not what was sent: another time it will be.
  BadDigest: ["unavailable", "the object arrived damaged"],
  XAmzContentSHA256Mismatch: ["unavailable", "the object arrived damaged"],
  IncompleteBody: ["unavailable", "the object arrived in part"],
  // A 400 of S3's.
  RequestTimeout: ["unavailable", "the object did not arrive in time"],
  OperationAborted: ["unavailable", "something else is being done to the bucket"],
  ConditionalRequestConflict: ["unavailable", "something else is being done to the bucket"],
  SlowDown: ["unavailable", "it is too much for now"],
};

const CODE = /<Code>([A-Za-z0-9]{1,64})<\/Code>/;

/** An object is many events, and never refused for one of them: what is no passing matter is somebody's to change. */
export function bucketFault(answer: HttpAnswer, now: Millis): DeliveryFault {
  const plain = faultOfAnswer(answer, now);
  const [, code = ""] = CODE.exec(answer.body.toString("latin1")) ?? [];
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  const [kind, sentence] = known ?? [passingOrDenied(plain.kind), undefined];
  const message = sentence === undefined ? plain.message : `${sentence} (${answer.status} ${code})`;
  const { retryAfterMs } = plain;
  return new DeliveryFault(kind, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** IAM answers 400 for a key that it does not know. */
export function iamFault(answer: HttpAnswer, now: Millis): DeliveryFault {
  const { kind, retryAfterMs } = faultOfAnswer(answer, now);
  if (passingOrDenied(kind) === "denied") {
    return new DeliveryFault("denied", `IAM gives no token for the API key (${answer.status})`);
  }
  const message = `IAM answered ${answer.status}`;
  return new DeliveryFault(kind, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

function passingOrDenied(kind: FaultKind): FaultKind {
  return kind === "unavailable" ? kind : "denied";
}
