/** Every migration of the state, in the order in which they came to be: `user_version` counts them. */
import { awsMigrations } from "./aws-migrations.ts";
import { deliveryMigrations } from "./delivery-migrations.ts";
import { identityMigrations } from "./identity-migrations.ts";
import { itemsMigrations } from "./items-migrations.ts";
import { secretsMigrations } from "./secrets-migrations.ts";

export const stateMigrations: readonly string[] = [
  ...identityMigrations,
  ...secretsMigrations,
  ...awsMigrations,
  ...itemsMigrations,
  ...deliveryMigrations,
];
