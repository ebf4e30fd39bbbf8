/** One suite for every rendering: total over what can happen, and of its format, whatever an event says. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cadfProblems } from "../../test/support/cadf-validator.ts";
import { faultsOfCloudTrail } from "../../test/support/cloudtrail-validator.ts";
import { dsvProblems } from "../../test/support/dsv-validator.ts";
import { faultsOfEcs } from "../../test/support/ecs-validator.ts";
import { faultsOfOcsf } from "../../test/support/ocsf-validator.ts";
import { anyEvent, everyKindOfEvent } from "../../test/support/sample-events.ts";
import { renderingNames, renderings, type RenderingName } from "./renderings.ts";

type Validator = (rendered: object) => readonly unknown[];

/** Each format's own rules; see the validators' tests for what they refuse. */
const validators: Readonly<Record<RenderingName, Validator>> = {
  // IBM publishes no schema: these are the fields of its event description, each of which has to be there.
  ibm: (rendered) => IBM_FIELDS.filter((field) => !Object.hasOwn(rendered, field)),
  cadf: (rendered) => cadfProblems({ ...rendered }),
  dsv: (rendered) => dsvProblems({ ...rendered }),
  cloudtrail: (rendered) => faultsOfCloudTrail({ ...rendered }),
  ocsf: (rendered) => faultsOfOcsf({ ...rendered }),
  ecs: (rendered) => faultsOfEcs({ ...rendered }),
};

const IBM_FIELDS = [
  "eventTime",
  "action",
  "outcome",
  "message",
  "severity",
  "id",
  "correlationId",
  "initiator",
  "target",
  "observer",
  "reason",
  "requestData",
  "responseData",
  "logSourceCRN",
  "saveServiceCopy",
  "dataEvent",
  "X-Global-Transaction-Id",
];

/** As it goes out and comes in: what JSON cannot say is not there. */
const asSent = (rendered: object): object => JSON.parse(JSON.stringify(rendered));

describe.each(renderingNames)("an event as %s", (name) => {
  const { render } = renderings[name];
  const validate = validators[name];

  it("is of its format for every operation, done or refused, by every caller", () => {
    const broken = [...everyKindOfEvent()]
      .map((event) => [event.operation, validate(asSent(render(event)))] as const)
      .filter(([, faults]) => faults.length > 0);
    expect(broken).toEqual([]);
  });

  it("is that also of texts that no wire lets through, and nothing in it is lost as JSON", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const rendered = render(event);
        expect(asSent(rendered)).toEqual(rendered);
        expect(validate(asSent(rendered))).toEqual([]);
      }),
    );
  });
});
