/**
 * The vocabularies that an event can be had in. Each is a pure function of the event and total: whichever wire an act
 * came by, it has a rendering in every one of them.
 */
import type { AuditEvent } from "./event.ts";
import { renderCadf } from "./render/cadf.ts";
import { renderCloudTrail } from "./render/cloudtrail.ts";
import { renderDsv } from "./render/dsv.ts";
import { renderEcs } from "./render/ecs.ts";
import { renderIbm } from "./render/ibm.ts";
import { renderOcsf } from "./render/ocsf.ts";

/** By the name that a search, an export or a destination asks for. */
export const renderings = {
  cadf: { render: renderCadf, description: "CADF as DMTF DSP0262 has it" },
  cloudtrail: { render: renderCloudTrail, description: "AWS CloudTrail records" },
  dsv: { render: renderDsv, description: "the audit records of Delinea DevOps Secrets Vault" },
  ecs: { render: renderEcs, description: "the Elastic Common Schema 8.17" },
  ibm: { render: renderIbm, description: "IBM's activity tracking events (atracker)" },
  ocsf: { render: renderOcsf, description: "the Open Cybersecurity Schema Framework 1.8" },
} as const satisfies Readonly<Record<string, Rendering>>;

export interface Rendering {
  readonly render: (event: AuditEvent) => object;
  /** Whose form it is. */
  readonly description: string;
}

export type RenderingName = keyof typeof renderings;

export const renderingNames = Object.keys(renderings) as [RenderingName, ...RenderingName[]];
