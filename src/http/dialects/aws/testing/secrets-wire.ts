/** What tests of Secrets Manager's wire ask of the test server, and look at in its answers. */
import type { Operation } from "../../../../app/operation.ts";
import { createSecret } from "../../../../app/secrets/create-secret.ts";
import { createSecretGroup } from "../../../../app/secrets/secret-groups.ts";
import { arbitrary } from "../../../../app/secrets/testing/inputs.ts";
import type { AwsAnswered, AwsServer } from "./aws-server.ts";

/** The exception's name and its message. */
export const saysOf = ({ error, body }: AwsAnswered): unknown[] => [
  error,
  body.Message ?? body.message,
];

/** A secret with a value, a millisecond after the one before; its ARN. */
export async function madeOn(
  server: AwsServer,
  name: string,
  members: object = {},
): Promise<string> {
  server.app.clock.advance(1);
  const secret = { Name: name, SecretString: `value of ${name}`, ...members };
  return (await server.secrets("CreateSecret", secret)).body.ARN as string;
}

/** By the core, as IBM's wire asks it. */
export async function coreOf<Input extends object, Subject, Output extends object>(
  server: AwsServer,
  operation: Operation<Input, Subject, Output>,
  input: Input,
): Promise<Output> {
  const at = server.app.call(server.manager.caller, await server.placeIn());
  const performed = await server.app.performer.perform(operation, at, () => input);
  if (performed.kind === "refused") throw performed.refusal;
  return performed.output;
}

/** A secret as IBM's wire makes them, in a group of its own if that is named. */
export async function madeByIbm(server: AwsServer, name: string, group?: string) {
  // The region's instance comes with its first secret.
  await madeOn(server, "first");
  await server.secrets("DeleteSecret", { SecretId: "first", ForceDeleteWithoutRecovery: true });
  const groupId =
    group === undefined ? "default" : (await coreOf(server, createSecretGroup, { name: group })).id;
  server.app.clock.advance(1);
  const input = { ...arbitrary(name), secretGroupId: groupId };
  const { id } = await coreOf(server, createSecret, input);
  const { ARN } = (await server.secrets("DescribeSecret", { SecretId: name })).body;
  const { instance } = await server.placeIn();
  const part = { service: "secrets-manager", instance: String(instance), secretGroup: groupId };
  return { id, ARN: String(ARN), part };
}
