/** What a policy says of a secret, it says of its replica in the replica's region; all else stays as it is. */
import { expect, it } from "vitest";
import { policyElsewhere } from "./replica-policy.ts";

const [from, to] = ["us-east-1", "us-west-2"];
const arn = (region: string) => `arn:aws:secretsmanager:${region}:*:secret:db-??????`;

function policy(region: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Deny", Principal: "*", Action: "*", Resource: [arn(region), "*"] },
      { Effect: "Deny", Principal: "*", Action: "*", NotResource: arn(region) },
      {
        Effect: "Deny",
        Principal: "*",
        Action: "*",
        Resource: arn("eu-west-1"),
        Condition: {
          ArnLike: { "secretsmanager:SecretId": [arn(region)] },
          StringEquals: { "aws:RequestedRegion": from, "aws:userid": `:${from}:` },
        },
      },
    ],
  });
}

it("the region is the replica's wherever the secret is named", () => {
  expect(policyElsewhere(policy(from), { from, to })).toBe(policy(to));
});

it("a policy without its region, none, and what cannot be read are what they are", () => {
  for (const text of [policy("*"), null, `{":${from}:`]) {
    expect(policyElsewhere(text, { from, to })).toBe(text);
  }
});
