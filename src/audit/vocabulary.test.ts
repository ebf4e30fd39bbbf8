import { describe, expect, it } from "vitest";
import { awsSourceOf } from "./aws-names.ts";
import { catalogue, operationNames } from "./catalogue.ts";
import { catalogueVocabulary } from "./vocabulary.ts";

const operationsFor = (field: string, test: (name: string) => boolean) =>
  catalogueVocabulary.operationsFor(field, test);

describe("the catalogue as a search vocabulary", () => {
  it("finds an operation by today's action and by the one it had in an earlier API", () => {
    const is = (wanted: string) => (name: string) => name === wanted;
    for (const [one, other, operations] of [
      [
        "secret.rotate",
        "secret-version.create",
        [
          "version.create",
          "secret.rotate",
          "secret.update",
          "version.rollback",
          "secret.rotation.begin",
          "secret.rotation.succeed",
        ],
      ],
      [
        "secret-policies.get",
        "secret-metadata.read",
        ["secret.metadata.read", "secret-policy.read"],
      ],
    ] as const) {
      for (const name of [one, other]) {
        expect(operationsFor("action", is(`secrets-manager.${name}`))).toEqual(operations);
      }
    }
  });

  it("finds by an action what AWS's clients do of its kind, and by the other names what they do", () => {
    const changed = operationsFor("action", (name) => name.endsWith(".secret-metadata.update"));
    expect(changed).toEqual([
      "secret.metadata.update",
      "secret-policy.set",
      "secret.update",
      "secret.tag",
      "secret.untag",
    ]);
    expect(operationsFor("action", (name) => name.endsWith(".secret-policies.set"))).toEqual(
      changed?.slice(0, 2),
    );
    expect(operationsFor("eventname", (name) => name === "PutSecretValue")).toEqual([
      "version.create",
    ]);
    expect(operationsFor("eventname", (name) => name === "AttachRolePolicy")).toContain(
      "policy.create",
    );
  });

  it("finds every operation that one AWS name covers", () => {
    expect(operationsFor("eventname", (name) => name === "GetSecretValue")).toEqual([
      "secret.read",
      "version.read",
    ]);
  });

  it("tells AWS sources apart, logins having one of their own", () => {
    const sourced = operationsFor("eventsource", (name) => name === "signin.amazonaws.com");
    expect(sourced).toContain("user-apikey.login");
    expect(sourced).not.toContain("user-apikey.create");
    expect(operationsFor("eventsource", (name) => name.startsWith("secretsmanager."))).toEqual(
      operationNames.filter(
        (name) =>
          catalogue[name].action.startsWith("secrets-manager.") &&
          catalogue[name].awsSource === undefined,
      ),
    );
    expect(operationsFor("eventsource", (name) => name === "keytrail.amazonaws.com")).toContain(
      "instance.create",
    );
  });

  it("finds by DSV's path and method", () => {
    expect(operationsFor("path", (name) => name === "secrets:{path}")).toContain("secret.delete");
    const deletes = operationsFor("method", (name) => name === "DELETE") ?? [];
    expect(deletes.every((name) => catalogue[name as never]["dsv"][1] === "DELETE")).toBe(true);
  });

  it("has a source in AWS's form for every row", () => {
    for (const name of operationNames) {
      expect(awsSourceOf(catalogue[name])).toMatch(/^[a-z-]+\.amazonaws\.com$/);
    }
  });

  it("leaves every other field to the events, whatever an object inherits", () => {
    for (const field of ["severity", "constructor", "toString", "__proto__"]) {
      expect(operationsFor(field, () => true)).toBeUndefined();
    }
  });
});
