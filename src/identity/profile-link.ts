/** What a link of a trusted profile to a compute resource may say, by the kind of the resource. */
import { Refusal } from "../kernel/errors.ts";
import { checkedComputeResource } from "./profile-rule.ts";
import { checkedName } from "./text.ts";
import type { ComputeResource, ProfileLink } from "./trusted-profile.ts";

export const MAX_CRN_CHARS = 1_024;

/**
 * A Cloud Resource Name (IBM, "Cloud Resource Names"), or the beginning of one: clients leave out empty parts. Without
 * quotes and backslashes, which the record would have to write as two: a list of them fits one entry of the log.
 */
const CRN = /^crn:v1:[!#-[\]-~]+$/;

/** A link as somebody asks for it; a text that is empty is as if it were not there. */
export interface GivenLink {
  readonly name?: string | undefined;
  readonly crType: string;
  readonly isCrossAccount?: boolean | undefined;
  readonly crn: string;
  readonly namespace?: string | undefined;
  readonly resourceName?: string | undefined;
  readonly componentType?: string | undefined;
  readonly componentName?: string | undefined;
}

export type LinkTerms = Omit<
  ProfileLink,
  "id" | "account" | "profile" | "entityTag" | "createdAt" | "createdBy" | "modifiedAt"
>;

/** What a link is found by; no two links of a profile are the same in all of these. */
export type LinkedResource = Omit<LinkTerms, "name" | "isCrossAccount">;

/** The fields that name a resource of each kind, besides its CRN: all of them, and no others. */
const NAMED_BY: Readonly<Record<ComputeResource, readonly (keyof typeof WIRE_NAMES)[]>> = {
  VSI: [],
  BMS: [],
  IKS_SA: ["namespace", "resourceName"],
  ROKS_SA: ["namespace", "resourceName"],
  CE: ["componentType", "componentName"],
};

const WIRE_NAMES = {
  namespace: "namespace",
  resourceName: "name",
  componentType: "component_type",
  componentName: "component_name",
} as const;

/** Looks at the form of what is given, not at whether there is such a resource: it is outside. */
export function checkedLink(given: GivenLink): LinkTerms {
  const { name = "", isCrossAccount = false } = given;
  return { name: optionalName(name), isCrossAccount, ...checkedLinkedResource(given) };
}

export function checkedLinkedResource(given: GivenLink): LinkedResource {
  const crType = checkedComputeResource(given.crType);
  const part = (field: keyof typeof WIRE_NAMES): string => {
    const value = given[field] ?? "";
    const isNamed = NAMED_BY[crType].includes(field);
    if (value !== "" && !isNamed) throw invalid(field, `A link to ${crType} has no`);
    if (value === "" && isNamed) throw invalid(field, `A link to ${crType} needs a`);
    return optionalName(value);
  };
  return {
    crType,
    crn: checkedCrn(given.crn, "crn"),
    namespace: part("namespace"),
    resourceName: part("resourceName"),
    componentType: part("componentType"),
    componentName: part("componentName"),
  };
}

export function isSameResource(one: LinkedResource, other: LinkedResource): boolean {
  return (
    one.crType === other.crType &&
    one.crn === other.crn &&
    one.namespace === other.namespace &&
    one.resourceName === other.resourceName &&
    one.componentType === other.componentType &&
    one.componentName === other.componentName
  );
}

/** Refuses what does not have the form of a Cloud Resource Name. */
export function checkedCrn(crn: string, field: string): string {
  if (isCrn(crn)) return crn;
  throw new Refusal("invalid_request", `\`${field}\` must be a Cloud Resource Name.`, { field });
}

export function isCrn(text: string): boolean {
  return text.length <= MAX_CRN_CHARS && CRN.test(text);
}

function optionalName(text: string): string {
  return text === "" ? "" : checkedName(text);
}

function invalid(part: keyof typeof WIRE_NAMES, words: string): Refusal {
  const field = WIRE_NAMES[part];
  return new Refusal("invalid_request", `${words} \`${field}\`.`, { field });
}
