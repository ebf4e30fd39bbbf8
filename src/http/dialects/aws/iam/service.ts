/** AWS Identity and Access Management, as far as it takes to give people and programs what they may do. */
import type { AwsService } from "../service.ts";
import { accessKeyLines } from "./access-keys.ts";
import { accountLines } from "./account.ts";
import { policyLines } from "./policies.ts";
import { roleLines } from "./roles.ts";
import { userLines } from "./users.ts";

export const iam: AwsService = {
  name: "iam",
  target: null,
  shape: null,
  query: { version: "2010-05-08", namespace: "https://iam.amazonaws.com/doc/2010-05-08/" },
  lines: [...userLines, ...accessKeyLines, ...roleLines, ...policyLines, ...accountLines],
};
