/** STS as tests call it: by forms, with what its answers say in XML. */
import { expect } from "vitest";
import {
  AwsServer,
  type AwsAnswered,
  type AwsCredentials,
  type AwsUser,
} from "../../testing/aws-server.ts";

export type As = AwsUser | AwsCredentials;

export class StsCaller {
  readonly server: AwsServer;
  /** A user without any role. */
  readonly ada: AwsUser;

  private constructor(server: AwsServer, ada: AwsUser) {
    this.server = server;
    this.ada = ada;
  }

  static async open(): Promise<StsCaller> {
    const server = await AwsServer.open();
    return new StsCaller(server, await server.user("ada@example.com"));
  }

  call(as: As, action: string, members: object = {}): Promise<AwsAnswered> {
    return this.server.aws("sts", action, members, { as });
  }

  /** A role by its name, or by its ARN. */
  assume(as: As, role: string, members: object = {}): Promise<AwsAnswered> {
    const RoleArn = role.startsWith("arn:") ? role : this.named(`iam:role/${role}`);
    return this.call(as, "AssumeRole", { RoleArn, RoleSessionName: "work", ...members });
  }

  /** Who one is, as the server says; or how it refuses. */
  async whoIs(as: As): Promise<string> {
    const answered = await this.call(as, "GetCallerIdentity");
    return answered.error ?? of(answered, "Arn");
  }

  /** `iam:user/ada` as an ARN of the account. */
  named(what: string): string {
    return `arn:aws:${what.replace(":", `::${this.server.account}:`)}`;
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

/** The text of an element of an answer. */
export function of(answered: AwsAnswered, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(answered.body)?.[1] ?? "";
}

export function credentialsIn(answered: AwsAnswered): AwsCredentials {
  expect(answered.status, answered.body).toBe(200);
  return {
    accessKeyId: of(answered, "AccessKeyId"),
    secretAccessKey: of(answered, "SecretAccessKey"),
    sessionToken: of(answered, "SessionToken"),
  };
}

/** The text of a policy. */
export function allowing(Action: string): string {
  const Statement = [{ Effect: "Allow", Action, Resource: "*" }];
  return JSON.stringify({ Version: "2012-10-17", Statement });
}
