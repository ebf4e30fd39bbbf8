/** What identities have been granted, on SQLite: remembered for as long as the stamp of the identities stands. */
import { PUBLIC_ACCESS_GROUP } from "../../identity/access-group.ts";
import type { Grant } from "../../identity/authorize.ts";
import type { Database, Row } from "./database.ts";
import { IdentityMemory, type IdentityStamp } from "./identity-memory.ts";
import { policyOf } from "./identity-rows.ts";
import { numberOrNull } from "./table.ts";

/** Of an identity: its own policies, those of the groups it is in, and those of everyone while the account says so. */
const GRANTS = `
  SELECT p.*, NULL AS until FROM policies p
    WHERE p.account = ?1 AND p.subject = ?2 AND p.state = 'active'
  UNION ALL
  SELECT p.*, m.expires_at AS until FROM group_members m
    JOIN policies p ON p.account = m.account AND p.subject = m.group_id
    WHERE m.account = ?1 AND m.iam_id = ?2 AND p.state = 'active'
  UNION ALL
  SELECT p.*, NULL AS until FROM account_settings s
    JOIN policies p ON p.account = s.account AND p.subject = '${PUBLIC_ACCESS_GROUP}'
    WHERE s.account = ?1 AND s.public_access = 1 AND p.state = 'active'`;

/** As they are remembered: which of them hold depends on the time as well, if any of them ends. */
interface HeldGrants {
  readonly grants: readonly Grant[];
  readonly isEndless: boolean;
}

export class RememberedGrants {
  readonly #db: Database;
  readonly #held: IdentityMemory<HeldGrants>;

  constructor(database: Database, stamp: IdentityStamp) {
    this.#db = database;
    this.#held = new IdentityMemory(stamp);
  }

  inForce(iamId: string, account: string, now: number): readonly Grant[] {
    const { grants, isEndless } = this.#held.get(`${account} ${iamId}`, () => {
      const found = this.#db.all(GRANTS, account, iamId).map(grantOf);
      return { grants: found, isEndless: found.every(({ until }) => until === undefined) };
    });
    return isEndless ? grants : grants.filter(({ until }) => until === undefined || until > now);
  }
}

function grantOf(row: Row): Grant {
  const { roles, resource } = policyOf(row);
  const until = numberOrNull(row, "until");
  return until === null ? { roles, resource } : { roles, resource, until };
}
