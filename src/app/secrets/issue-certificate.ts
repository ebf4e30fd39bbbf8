/**
 * Goes one step further with a certificate that was asked for: run by the schedule alone. The step is recorded as pending
 * before anybody outside is asked, and then by what came of it; also a failure keeps what was done until then.
 */
import type { Millis } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { expired, isExpired } from "../../secrets/expiry.ts";
import {
  atStage,
  ended,
  FIRST_LOOK_MS,
  FIRST_RETRY_MS,
  isGivenUp,
  later,
  ORDER_LIFETIME_MS,
  renewalOf,
  renewalRetry,
  type Issuance,
  type IssuanceStage,
} from "../../secrets/issuance.ts";
import type {
  Challenge,
  IssuanceInfo,
  PublicCertAttributes,
} from "../../secrets/kinds/public-cert.ts";
import {
  ACTIVE,
  DEACTIVATED,
  SECRET_STATES,
  type Secret,
  type SecretType,
} from "../../secrets/secret.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { AcmeFault, type AcmeOrder } from "./acme.ts";
import { addVersion } from "./add-version.ts";
import { evenDeleted, locateToldSecret } from "./find.ts";
import {
  asksOutside,
  sealIssuanceKey,
  takeStep,
  type Issuing,
  type StepTaken,
} from "./issuance-steps.ts";
import type { IssuedPublicCert } from "./issued-certificate.ts";

export interface IssueCertificateInput {
  /** The secret's. */
  readonly id: string;
  readonly issuanceId: string;
  readonly step: IssuanceStage;
  /** What was found out before there was a transaction. */
  readonly taken?: StepTaken | undefined;
}

export interface IssueCertificateOutput {
  /** What comes next. */
  readonly step: IssuanceStage;
  /** The secret's, as it is now. */
  readonly state: string;
  readonly secretType: SecretType;
  readonly versionId?: string;
  readonly previousVersionId?: string | null;
  readonly serialNumber?: string;
}

export const issueCertificate = changeOperation<
  IssueCertificateInput,
  Issuing,
  IssueCertificateOutput
>({
  name: "secret.issue",

  locate: locateIssuing,

  reachesOut: (_input, issuing) => asksOutside(issuing),

  async work(input, issuing, context) {
    if (isExpired(issuing.secret, context.now)) return input;
    return { ...input, taken: await takeStep(issuing, context) };
  },

  async run({ taken }, { subject: found }, context) {
    invariant(context.caller.kind === "internal", "certificates are issued by the schedule alone");
    if (isExpired(found.secret, context.now)) {
      await context.store.issuances.putIssuance(ended(found.issuance, context.now, 0));
      return expired();
    }
    invariant(taken !== undefined, "a step is taken before it is kept");
    const issuing = withOrder(found, taken, context);
    if (taken.issued) return issueUnlessLocked(issuing, taken.issued, context);
    const failing = failingOf(issuing.issuance, taken, context);
    return failing ? fail(issuing, failing, context) : goOn(issuing, taken, context);
  },
});

/** A secret whose issuance is at this step, and due. */
async function locateIssuing<Store extends View>(
  { id, issuanceId, step, taken }: IssueCertificateInput,
  context: Context<Store>,
): Promise<Located<Issuing>> {
  // An order under way goes on though its secret waits to be deleted: it may be restored.
  const located = evenDeleted(await locateToldSecret({ id }, context));
  const { subject: secret } = located;
  const issuance = await context.store.issuances.issuance(id);
  const isSame = issuance?.id === issuanceId && issuance.stage === step;
  // Between being found due and now, the owner may have said something.
  if (!issuance || !isSame || issuance.dueAt === null || issuance.dueAt > context.now) {
    throw new Refusal("precondition_failed", "The certificate is not due for this step.");
  }
  const { attributes } = secret;
  invariant(attributes?.kind === "public_cert", "the attributes are of the secret's own type");
  const failing = taken && failingOf(known(issuance, taken), taken, context);
  const facts = {
    ...located.facts,
    isRenewal: secret.lastVersion > 0,
    ...(failing ? { isTriedAgain: !failing.isFinal } : {}),
  };
  return { ...located, facts, subject: { secret, attributes, issuance } };
}

/** With what is known of the order from now on, whatever else came of the step. */
function withOrder(
  { secret, attributes, issuance: before }: Issuing,
  taken: StepTaken,
  { capabilities: { vault } }: Context<Transaction>,
): Issuing {
  const { placed, order } = taken;
  const issuance: Issuance = {
    ...known(before, taken),
    ...(placed
      ? {
          orderUrl: placed.orderUrl,
          key: sealIssuanceKey(vault, { secret, issuance: before }, placed.key),
        }
      : {}),
  };
  const challenges = challengesOf(attributes.issuance.challenges, order);
  return { secret, issuance, attributes: told(attributes, { challenges, error: null }) };
}

function challengesOf(
  before: readonly Challenge[],
  order: AcmeOrder | undefined,
): readonly Challenge[] {
  if (!order) return before;
  const { challenges } = order;
  if (!challenges) return before.map((challenge) => ({ ...challenge, status: "valid" }));
  return challenges.map(({ url: _ofAuthority, ...challenge }) => challenge);
}

/** The authority may say at any step until when it waits. */
function known(issuance: Issuance, { order }: StepTaken): Issuance {
  return order?.expiresAt ? { ...issuance, orderExpiresAt: order.expiresAt } : issuance;
}

/** What kept a step from what it is for, and whether that is the end of the issuance. */
interface Failing {
  readonly fault: AcmeFault;
  readonly isFinal: boolean;
}

function failingOf(
  issuance: Issuance,
  { issued, fault: met, order }: StepTaken,
  { now }: Pick<Context<View>, "now">,
): Failing | null {
  if (issued) return null;
  const fault = met ?? faultIn(order) ?? tooLate(issuance, now);
  return fault && { fault, isFinal: fault.isFinal || isGivenUp(issuance, now) };
}

/** An order that will not become valid any more, though everything was answered. */
function faultIn(order: AcmeOrder | undefined): AcmeFault | null {
  if (!order) return null;
  const isRefused = order.challenges?.some(
    ({ status }) => !["pending", "processing", "valid"].includes(status),
  );
  if (order.status !== "invalid" && !isRefused) return null;
  const { code, message, detail } = order.fault ?? {
    code: "orderInvalid",
    message: "The certificate authority does not go on with the order: order again.",
    detail: "",
  };
  return new AcmeFault(code, message, { detail, isFinal: true });
}

function tooLate(issuance: Issuance, now: Millis): AcmeFault | null {
  if (issuance.stage !== "collect" || !isGivenUp(issuance, now)) return null;
  const sentence = "The certificate authority has not issued the certificate in time: order again.";
  return new AcmeFault("timedOut", sentence, { isFinal: true });
}

async function goOn(
  issuing: Issuing,
  { order, isValidating }: StepTaken,
  context: Context<Transaction>,
): Promise<IssueCertificateOutput> {
  const { now } = context;
  const { issuance } = issuing;
  // Placed, and nothing else yet.
  if (!order) return keep(issuing, atStage(issuance, "order", { now }), context);
  const wait = { firstMs: FIRST_LOOK_MS, atLeastMs: order.retryAfterMs };
  if (issuance.stage === "collect") return keep(issuing, later(issuance, now, wait), context);
  if (isValidating || order.status !== "pending") {
    const dueAt = isValidating ? now + FIRST_LOOK_MS : now;
    return keep(issuing, atStage(issuance, "collect", { now, dueAt }), context);
  }
  const dueAt = issuance.orderExpiresAt ?? now + ORDER_LIFETIME_MS;
  return keep(issuing, atStage(issuance, "challenge", { now, dueAt }), context);
}

async function keep(
  { secret, attributes }: Issuing,
  issuance: Issuance,
  { store, now }: Context<Transaction>,
): Promise<IssueCertificateOutput> {
  await store.issuances.putIssuance(issuance);
  // A look at an authority that is still at work is no change of the secret.
  if (JSON.stringify(attributes) !== JSON.stringify(secret.attributes)) {
    await store.secrets.updateSecret({ ...secret, attributes, updatedAt: now });
  }
  const { type: secretType, state } = secret;
  return { step: issuance.stage, state: SECRET_STATES[state], secretType };
}

/** Tried again later, unless the same would come of it. Whichever it is, the owner sees why, and the record too. */
async function fail(
  issuing: Issuing,
  { fault, isFinal }: Failing,
  context: Context<Transaction>,
): Promise<Refusal> {
  const { now } = context;
  const { secret, issuance } = issuing;
  const error = { code: fault.code, message: `${fault.message} ${fault.detail}`.trim() };
  const refusal = new Refusal("precondition_failed", fault.message, { reason: fault.code });
  if (!isFinal) {
    const attributes = told(issuing.attributes, { error });
    const wait = { firstMs: FIRST_RETRY_MS, atLeastMs: fault.retryAfterMs };
    await keep({ ...issuing, attributes }, later(issuance, now, wait), context);
    return refusal;
  }
  const failures = issuance.failures + 1;
  const attributes = told(issuing.attributes, { error, state: DEACTIVATED });
  // What there is of certificates goes on until its end, and before that it is tried again.
  const hasOne = secret.lastVersion > 0;
  const failed: Secret = {
    ...secret,
    state: hasOne ? secret.state : DEACTIVATED,
    nextRotationAt: hasOne && attributes.rotation.autoRotate ? renewalRetry(failures, now) : null,
  };
  await keep({ ...issuing, secret: failed, attributes }, ended(issuance, now, failures), context);
  return refusal;
}

/** Behind a lock the certificate waits at the authority, for as long as that keeps it. */
async function issueUnlessLocked(
  issuing: Issuing,
  issued: IssuedPublicCert,
  context: Context<Transaction>,
): Promise<IssueCertificateOutput | Refusal> {
  try {
    return await issue(issuing, issued, context);
  } catch (error) {
    // Locks are asked for before anything is written.
    if (!(error instanceof Refusal) || error.code !== "locked") throw error;
    const { code, message } = error;
    const attributes = told(issuing.attributes, { error: { code, message } });
    const issuance = later(issuing.issuance, context.now, {
      firstMs: FIRST_RETRY_MS,
      atLeastMs: 0,
    });
    await keep({ ...issuing, attributes }, issuance, context);
    return error;
  }
}

async function issue(
  { secret: before, attributes, issuance }: Issuing,
  { payload, facts }: IssuedPublicCert,
  context: Context<Transaction>,
): Promise<IssueCertificateOutput> {
  const { store, now } = context;
  const current = await store.secrets.version(before, { alias: "current" });
  const { notAfter: expiresAt, serialNumber } = facts;
  const versionId = randomId();
  const { secret } = await addVersion(
    before,
    {
      versionId,
      version: { payload, attributes: { kind: "certificate", facts, revokedAt: null }, expiresAt },
      secret: {
        attributes: { ...told(attributes, { state: ACTIVE }), facts },
        expiresAt,
        nextRotationAt: attributes.rotation.autoRotate ? renewalOf(facts) : null,
      },
      autoRotated: issuance.autoRotated,
      versionCustomMetadata: issuance.versionCustomMetadata ?? undefined,
    },
    context,
  );
  await store.issuances.putIssuance(ended(issuance, now, 0));
  return {
    step: "over",
    state: SECRET_STATES[secret.state],
    secretType: secret.type,
    versionId,
    previousVersionId: current?.id ?? null,
    serialNumber,
  };
}

function told(attributes: PublicCertAttributes, news: Partial<IssuanceInfo>): PublicCertAttributes {
  return { ...attributes, issuance: { ...attributes.issuance, ...news } };
}
