/** Whom a statement is about, and how well that is the caller (AWS IAM, "AWS JSON policy elements: Principal"). */
import { asObject, only, textsIn, type Place } from "./elements.ts";

/** A caller, by the names that policies have for it. */
export interface Principal {
  readonly kind: "root" | "user" | "role" | "federated";
  /** Twelve digits. */
  readonly account: string;
  /** Of a session its own, else as `identity`. */
  readonly arn: string;
  /** What it is a session of, or the user: `arn:aws:iam::N:role/R`. */
  readonly identity: string;
  /** Its id, which nobody else ever has, as policies may name it too. */
  readonly id: string;
  /** The same of a session of a role: `ID:SESSION`. */
  readonly sessionId: string | null;
}

export interface Principals {
  readonly isNot: boolean;
  readonly whom: readonly Whom[];
}

export type Whom =
  | { readonly kind: "anyone" }
  | { readonly kind: "account"; readonly account: string }
  | { readonly kind: "arn"; readonly arn: string }
  | { readonly kind: "id"; readonly id: string }
  /** Services, and identities of providers: none of them calls here. */
  | { readonly kind: "elsewhere"; readonly name: string };

/**
 * How a statement means a caller. `account`: its account, which then decides by what it has granted. `identity`: the user
 * or the role; `session`: this very session, which nothing that bounds the session takes away. `anyone`: everybody.
 */
export type Meant = "session" | "identity" | "anyone" | "account";

const NUMBER = /^\d{12}$/;
const ROOT = /^arn:aws[a-z-]{0,16}:iam::(\d{12}):root$/;
const NAMED =
  /^arn:aws[a-z-]{0,16}:(?:iam::\d{12}:(?:user|role)\/|sts::\d{12}:(?:assumed-role\/[\w+=,.@-]+\/|federated-user\/))[\w+=,.@/-]{1,512}$/;
const ID =
  /^(?:IBMid-|iam-ServiceId-|iam-Profile-|A[A-Z]{3}[A-Z0-9]{8})[A-Za-z0-9:+=,.@_-]{1,128}$/;
const SERVICE = /^[a-z0-9-]{1,64}(?:\.[a-z0-9-]{1,64}){1,8}$/;

export function principalsIn(value: unknown, place: Place): readonly Whom[] {
  if (value === "*") return [{ kind: "anyone" }];
  const at = { ...place, at: `${place.at}: the principal` };
  const object = asObject(value, at);
  only(object, ["AWS", "Service", "Federated", "CanonicalUser"], at);
  const whom = Object.entries(object).flatMap(([kind, given]) =>
    textsIn(given, at).map((text) => {
      const one = kind === "AWS" ? whomIn(text) : elsewhere(kind, text);
      if (one) return one;
      throw place.malformed(`${place.at} has an unsupported principal.`);
    }),
  );
  if (whom.length === 0) throw place.malformed(`${place.at} names no principal.`);
  return whom;
}

/** Undefined for what is no principal: a wildcard is none, unless it is for everybody. */
function whomIn(text: string): Whom | undefined {
  if (text === "*") return { kind: "anyone" };
  const account = NUMBER.test(text) ? text : ROOT.exec(text)?.[1];
  if (account !== undefined) return { kind: "account", account };
  if (NAMED.test(text)) return { kind: "arn", arn: text };
  return ID.test(text) ? { kind: "id", id: text } : undefined;
}

function elsewhere(kind: string, name: string): Whom | undefined {
  return kind !== "Service" || SERVICE.test(name) ? { kind: "elsewhere", name } : undefined;
}

/** How the statement means the caller, the strongest way first; undefined if it does not. */
export function meantBy({ isNot, whom }: Principals, caller: Principal): Meant | undefined {
  const ways = whom.flatMap((one) => wayOf(one, caller) ?? []);
  const best = WAYS.find((way) => ways.includes(way));
  if (!isNot) return best;
  // Its account alone does not except a caller: every user of it would be excepted then.
  return best === undefined || best === "account" ? "anyone" : undefined;
}

const WAYS: readonly Meant[] = ["session", "identity", "anyone", "account"];

function wayOf(one: Whom, caller: Principal): Meant | undefined {
  switch (one.kind) {
    case "anyone":
      return "anyone";
    case "account":
      if (one.account !== caller.account) return undefined;
      return caller.kind === "root" ? "identity" : "account";
    case "arn":
      if (one.arn === caller.identity) return "identity";
      return one.arn === caller.arn ? "session" : undefined;
    case "id":
      if (one.id === caller.id) return "identity";
      return one.id === caller.sessionId ? "session" : undefined;
    case "elsewhere":
      return undefined;
  }
}
