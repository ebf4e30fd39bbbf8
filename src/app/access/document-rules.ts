/**
 * What the account's policy documents say of operations on a target, whoever asks and from where: addresses are not known
 * before a call is made, so what has a condition holds sometimes.
 */
import { catalogue, type OperationName } from "../../audit/catalogue.ts";
import type { Place } from "../../audit/crn.ts";
import { dsvPermissionOf, type DsvPermission } from "../../audit/render/dsv-permission.ts";
import { isAbout, type Rule } from "../../identity/documents/decide.ts";
import {
  CONFIG,
  POLICY_DOCUMENT,
  type Permission,
  type PolicyDocument,
} from "../../identity/documents/document.ts";
import type { Item } from "../../items/item.ts";
import type { InGroup, Names } from "../judgement/document-names.ts";
import { isPartlyAbout, isWhollyAbout } from "../judgement/document-reach.ts";
import { compiledRulesOf } from "../judgement/rules-in-force.ts";
import type { View } from "../state.ts";
import type { TargetKind } from "./access-target.ts";

/** A permission of a document as it bears on one identity. */
export interface DocumentSaid {
  readonly operations: readonly OperationName[];
  /** The path of the document. */
  readonly document: string;
  /** Its id in there. */
  readonly permission: string;
  /** From some addresses only: whether from there is seen call by call. */
  readonly isConditional: boolean;
  /** About a part of the target only, which is more than one thing. */
  readonly isPartial: boolean;
  /** The group by which it speaks of the identity; null where that is by its own name. */
  readonly via: InGroup | null;
}

export interface DocumentQuestion {
  readonly operations: readonly OperationName[];
  readonly target: {
    readonly kind: TargetKind;
    readonly id: string;
    readonly name: string;
    readonly place: Place;
  };
  readonly account: string;
  readonly view: Pick<View, "items">;
}

interface Relevant {
  readonly rule: Rule;
  readonly document: string;
  readonly permission: string;
  readonly whole: readonly OperationName[];
  readonly part: readonly OperationName[];
}

export class DocumentRules {
  readonly #letting: readonly Relevant[];
  readonly #keeping: readonly Relevant[];

  private constructor(relevant: readonly Relevant[]) {
    this.#letting = relevant.filter(
      ({ rule, whole }) => rule.effect === "allow" && whole.length > 0,
    );
    this.#keeping = relevant.filter(({ rule }) => rule.effect === "deny");
  }

  /** Those that speak of any of the operations on the target; undefined where none does. */
  static async of(question: DocumentQuestion): Promise<DocumentRules | undefined> {
    const { items } = question.view;
    const { account } = question;
    const documents: readonly Item<PolicyDocument>[] = [
      ...(await items.allItems(POLICY_DOCUMENT, account)),
      ...(await items.allItems(CONFIG, account)),
    ];
    const asked = question.operations.map((name) => [name, neededFor(name, question)] as const);
    const relevant = documents.flatMap((item) => relevantIn(item, asked));
    return relevant.length === 0 ? undefined : new DocumentRules(relevant);
  }

  /** Whether they let anybody in at all. */
  get isLettingIn(): boolean {
    return this.#letting.length > 0;
  }

  lettingIn(names: Names): readonly DocumentSaid[] {
    return this.#letting.flatMap((one) => said(one, names));
  }

  /** A denial of a part keeps it from something of what was asked about. */
  keepingOut(names: Names): readonly DocumentSaid[] {
    return this.#keeping.flatMap((one) => [
      ...said(one, names),
      ...said({ ...one, whole: one.part }, names).map((part) => ({ ...part, isPartial: true })),
    ]);
  }

  /** Whether the members of a group of this name are let in. */
  letsIn(group: string): boolean {
    return this.#letting.some(({ rule }) => isAbout(rule, [group]));
  }
}

/** Whether it keeps the identity from it whenever it asks. */
export function isAlways({ isConditional, isPartial }: DocumentSaid): boolean {
  return !isConditional && !isPartial;
}

function said(
  { rule, document, permission, whole: operations }: Relevant,
  { own, groups }: Names,
): readonly DocumentSaid[] {
  if (operations.length === 0) return [];
  const via = isAbout(rule, own) ? null : groups.find(({ name }) => isAbout(rule, [name]));
  if (via === undefined) return [];
  const isConditional = rule.cidrs.length > 0;
  return [{ operations, document, permission, isConditional, isPartial: false, via }];
}

type Asked = readonly (readonly [OperationName, DsvPermission])[];

function relevantIn(item: Item<PolicyDocument>, asked: Asked): readonly Relevant[] {
  const { permissionDocument } = item.content;
  return compiledRulesOf(item).flatMap((rule, i) => {
    const { id: permission = "" }: Partial<Permission> = permissionDocument[i] ?? {};
    const whole = asked.filter(([, needed]) => isWhollyAbout(rule, needed));
    const part = asked.filter(
      ([, needed]) => !isWhollyAbout(rule, needed) && isPartlyAbout(rule, needed),
    );
    if (whole.length + part.length === 0) return [];
    const names = (some: Asked) => some.map(([name]) => name);
    return [{ rule, document: item.name, permission, whole: names(whole), part: names(part) }];
  });
}

/** The beginnings of the paths of what has a name, by what it is. */
const ROOTS: Readonly<Partial<Record<TargetKind, string>>> = {
  secret: "secrets:{",
  user: "users:{",
  serviceid: "clients:{",
  profile: "roles:{",
  groups: "groups:{",
  policy: "config:policies:{",
};

/** Of what is not one thing its name is left open, as in the catalogue's paths. */
function neededFor(operation: OperationName, { target }: DocumentQuestion): DsvPermission {
  const { kind, id, name, place } = target;
  const root = ROOTS[kind];
  const isNamed = root !== undefined && catalogue[operation].dsv[0].startsWith(root);
  const known = isNamed ? { kind, id, name } : { kind: "", id: "", name: "" };
  return dsvPermissionOf(operation, { target: { place, ...known }, input: {} });
}
