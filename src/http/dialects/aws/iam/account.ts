/** The account as a whole: what it goes by. */
import { readAccount } from "../../../../app/identity/read-account.ts";
import type { Account } from "../../../../identity/account.ts";
import type { Members } from "../members.ts";
import { line, type AwsLine } from "../service.ts";
import type { WireObject } from "../wire-values.ts";
import { windowIn } from "./paging.ts";

/** AWS's form of an alias. */
const ALIAS = /^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/;

export const accountLines: readonly AwsLine[] = [
  line("ListAccountAliases", readAccount, [decodeList, encodeAliases]),
];

/** A list of one at most: wherever it begins, it is answered as a whole. */
function decodeList(members: Members): object {
  windowIn(members);
  return {};
}

/** The account's name, where it could be an alias. */
function encodeAliases({ name }: Account): WireObject {
  return { AccountAliases: ALIAS.test(name) ? [name] : [], IsTruncated: false };
}
