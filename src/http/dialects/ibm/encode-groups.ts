/** Secret groups as IBM's wire shows them. */
import type {
  ListSecretGroupsOutput,
  SecretGroupView,
} from "../../../app/secrets/secret-groups.ts";
import { date, present } from "./shapes.ts";

export function groupBody(group: SecretGroupView): object {
  return {
    id: group.id,
    name: group.name,
    ...present("description", group.description),
    created_by: group.createdBy,
    created_at: date(group.createdAt),
    updated_at: date(group.updatedAt),
  };
}

export function groupListBody(list: ListSecretGroupsOutput): object {
  return { secret_groups: list.secretGroups.map(groupBody), total_count: list.totalCount };
}
