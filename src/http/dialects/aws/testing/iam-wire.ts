/** Calls of IAM in a test, and what can be read of their answers in XML. */
import { renderCloudTrail } from "../../../../audit/render/cloudtrail.ts";
import type { AwsAnswered, AwsCallOptions, AwsServer } from "./aws-server.ts";

export const MANAGED = "arn:aws:iam::aws:policy";

export interface IamWire {
  call(action: string, members?: object, options?: AwsCallOptions): Promise<AwsAnswered>;
  /** Throws unless it succeeds. */
  done(action: string, members?: object): Promise<AwsAnswered>;
}

export function iamWire(server: AwsServer): IamWire {
  const call: IamWire["call"] = (action, members = {}, options = {}) =>
    server.aws("iam", action, members, options);
  return {
    call,
    async done(action, members) {
      const answered = await call(action, members);
      if (answered.status !== 200) throw new Error(String(answered.body));
      return answered;
    },
  };
}

/** The text of every element of this name, in order. */
export function texts({ body }: AwsAnswered, name: string): string[] {
  return [...String(body).matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(
    ([, text = ""]) => text,
  );
}

/** What the CloudTrail record of a call says it was, and how it ended. */
export function recorded({ events }: AwsAnswered): readonly unknown[] {
  return events.map((event) => {
    const record = renderCloudTrail(event);
    return [record["eventSource"], record["eventName"], record["errorCode"]];
  });
}

export function trusting(...principals: readonly string[]): string {
  const statement = { Effect: "Allow", Principal: { AWS: principals }, Action: "sts:AssumeRole" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** The trust policy of the role in an answer. */
export function trustOf(answered: AwsAnswered): unknown {
  const [document = ""] = texts(answered, "AssumeRolePolicyDocument");
  return JSON.parse(decodeURIComponent(document));
}
