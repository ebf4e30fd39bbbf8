/** AWS Identity and Access Management: users, their access keys, roles, and the policies attached to them. */
import type { AwsService } from "../service.ts";

export const iam: AwsService = {
  name: "iam",
  target: null,
  shape: null,
  query: { version: "2010-05-08", namespace: "https://iam.amazonaws.com/doc/2010-05-08/" },
  lines: [],
};
