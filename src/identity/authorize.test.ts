import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogue, operationNames, serviceOf, type OperationName } from "../audit/catalogue.ts";
import { isAllowed, scopeOf, type Grant, type PolicyResource, type Resource } from "./authorize.ts";
import { ROLE_NAMES, type RoleName } from "./roles.ts";

/** Every operation of the catalogue and who may do it: M(anager) W(riter) S(ecretsReader) R(eader), A(dministrator) … */
const expected: Readonly<Record<OperationName, string>> = {
  "secret.create": "MW",
  "secret.list": "MWSR",
  "secret.paths.list": "MWSR",
  "encryption-key.read": "MWSR",
  "pool.read": "MWSR",
  "pool.list": "MWSR",
  "engine.read": "MWSR",
  "engine.list": "MWSR",
  "engine.ping": "MWSR",
  "task.read": "MWSR",
  "version.rollback": "MW",
  "data.encrypt": "MW",
  "data.decrypt": "MW",
  "data.rotate": "MW",
  "pki-csr.sign": "MW",
  "pki-leaf.issue": "MW",
  "pki-ssh-certificate.issue": "MW",
  "encryption-key.create": "M",
  "encryption-key.delete": "M",
  "encryption-key.restore": "M",
  "manual-key.create": "M",
  "manual-key.update": "M",
  "manual-key.read": "M",
  "manual-key.delete": "M",
  "manual-key.restore": "M",
  "pki-root.register": "M",
  "pki-root.create": "M",
  "pool.create": "M",
  "pool.delete": "M",
  "engine.create": "M",
  "engine.delete": "M",
  "siem.create": "O",
  "siem.read": "O",
  "siem.list": "O",
  "siem.update": "O",
  "siem.delete": "O",
  "usage.read": "UO",
  "identity-provider.version.read": "AEV",
  "user.version.read": "AEV",
  "user.groups.list": "AEV",
  "profile.version.read": "AEV",
  "policy-document.read": "AEV",
  "policy-document.version.read": "AEV",
  "policy-document.list": "AEV",
  "config.read": "AEV",
  "config.version.read": "AEV",
  "serviceid.restore": "AE",
  "access-group.restore": "AE",
  "user.groups.join": "AE",
  "user.restore": "A",
  "profile.restore": "A",
  "identity-provider.rollback": "A",
  "identity-provider.restore": "A",
  "policy-document.create": "A",
  "policy-document.update": "A",
  "policy-document.rollback": "A",
  "policy-document.delete": "A",
  "policy-document.restore": "A",
  "config.write": "A",
  "engine.connect": "",
  "engine.disconnect": "",
  "client.login": "",
  "certificate-challenge.create": "",
  "certificate.login": "",
  "refreshtoken.revoke": "",
  "serviceid.credential.read": "",
  "removal.end": "",
  "secret.read": "MWS",
  "secret.delete": "M",
  "secret.metadata.read": "MWSR",
  "secret.metadata.update": "MW",
  "secret.action": "MW",
  "version.list": "MWSR",
  "version.create": "MW",
  "version.read": "MWS",
  "version.metadata.read": "MWSR",
  "version.metadata.update": "MW",
  "version.data.delete": "MW",
  "version.action": "MW",
  "secret.expire": "",
  "secret.update": "MW",
  "secret.batch-read": "MWS",
  "secret.restore": "M",
  "secret.tag": "MW",
  "secret.untag": "MW",
  "secret.resource-policy.read": "MWSR",
  "secret.resource-policy.check": "MWSR",
  "secret.resource-policy.set": "M",
  "secret.resource-policy.delete": "M",
  "secret.password.generate": "MWSR",
  "secret.replica.create": "M",
  "secret.replica.delete": "M",
  "secret.replica.promote": "M",
  "version.stage.set": "MW",
  "secret.rotation.begin": "MW",
  "secret.rotation.cancel": "MW",
  "secret.rotation.step": "",
  "secret.rotation.start": "",
  "secret.rotation.succeed": "",
  "secret.rotation.fail": "",
  "secret.rotation.abandon": "",
  "secret.rotation-test.start": "",
  "secret.rotation-test.succeed": "",
  "secret.rotation-test.fail": "",
  "version.deletion.start": "",
  "version.deletion.cancel": "",
  "version.deletion.end": "",
  "secret.deletion.end": "",
  "version.prune": "",
  "session.open": "",
  "session.federate": "",
  "session.read": "",
  "apikey.usage.read": "AEV",
  "secret.issue": "",
  "secret.expiry.notify": "",
  "secret.rotate": "MW",
  "secret-policy.set": "M",
  "secret-policy.read": "M",
  "secret-credentials.delete": "M",
  "secret-task.create": "",
  "secret-task.list": "MWSR",
  "secret-task.read": "MWSR",
  "secret-task.update": "T",
  "secret-task.delete": "M",
  "configuration.create": "M",
  "configuration.list": "MWR",
  "configuration.read": "M",
  "configuration.update": "M",
  "configuration.action": "M",
  "configuration.delete": "M",
  "authority.crl.read": "",
  "authority.certificate.read": "",
  "instance.create": "O",
  "instance.list": "MWSRO",
  "instance.read": "MWSRO",
  "instance.update": "O",
  "instance.delete": "O",
  "instance.login": "MWSR",
  "instance.endpoints.read": "MWSR",
  "notification-registration.create": "M",
  "notification-registration.read": "MWSR",
  "notification-registration.delete": "M",
  "notification-registration.test": "MWSR",
  "secret-group.create": "M",
  "secret-group.list": "MWSR",
  "secret-group.read": "MWSR",
  "secret-group.update": "M",
  "secret-group.delete": "M",
  "secret-lock.create": "MW",
  "secret-lock.list": "MWSR",
  "secret-lock.delete": "M",
  "secret-lock.list-all": "MWSR",
  "version-lock.create": "MW",
  "version-lock.list": "MWSR",
  "version-lock.delete": "M",
  "account.read": "AEV",
  "account.create": "",
  "user.create": "A",
  "user.read": "AEV",
  "user.list": "AEV",
  "user.update": "A",
  "user.unlock": "A",
  "user.lock-out": "",
  "user.delete": "A",
  "user-password.set": "A",
  "user-password.delete": "A",
  "user-totp.enroll": "A",
  "user-totp.confirm": "A",
  "user-totp.delete": "A",
  "serviceid.create": "AEI",
  "serviceid.read": "AEV",
  "serviceid.list": "AEV",
  "serviceid.update": "AE",
  "serviceid.delete": "AE",
  "user-apikey.create": "AK",
  "user-apikey.update": "A",
  "user-apikey.delete": "A",
  "serviceid-apikey.create": "AE",
  "serviceid-apikey.update": "AE",
  "serviceid-apikey.delete": "AE",
  "apikey.list": "AEV",
  "apikey.read": "AEV",
  "apikey.identify": "",
  "apikey.leak": "",
  "identity-settings.read": "AEV",
  "identity-settings.update": "A",
  "access-group-settings.read": "AEV",
  "access-group-settings.update": "A",
  "access-group.create": "AE",
  "access-group.read": "AEV",
  "access-group.update": "AE",
  "access-group.delete": "AE",
  "access-group.joined.list": "AEV",
  "access-group.list": "AEV",
  "access-group-member.join": "",
  "access-group-member.add": "AE",
  "access-group-member.delete": "AE",
  "access-group-member.read": "AEV",
  "access-group-member.list": "AEV",
  "access-group-rule.create": "AE",
  "access-group-rule.read": "AEV",
  "access-group-rule.list": "AEV",
  "access-group-rule.update": "AE",
  "access-group-rule.delete": "AE",
  "policy.create": "A",
  "policy.read": "AEV",
  "policy.list": "AEV",
  "policy.update": "A",
  "policy.delete": "A",
  "policy.user.attach": "A",
  "policy.user.detach": "A",
  "policy.user.put": "A",
  "policy.user.list": "AEV",
  "policy.user.inline.list": "AEV",
  "policy.role.attach": "A",
  "policy.role.detach": "A",
  "policy.role.put": "A",
  "policy.role.list": "AEV",
  "policy.role.inline.list": "AEV",
  "policy.managed.read": "AEV",
  "policy.managed.list": "AEV",
  "role.list": "AEV",
  "profile.create": "A",
  "profile.read": "AEV",
  "profile.list": "AEV",
  "profile.hosts.list": "AEV",
  "profile.update": "A",
  "profile.delete": "A",
  "profile-rule.create": "A",
  "profile-rule.read": "AEV",
  "profile-rule.list": "AEV",
  "profile-rule.update": "A",
  "profile-rule.delete": "A",
  "profile-link.create": "A",
  "profile-link.read": "AEV",
  "profile-link.list": "AEV",
  "profile-link.delete": "A",
  "profile-identity.add": "A",
  "profile-identity.set": "A",
  "profile-identity.read": "AEV",
  "profile-identity.list": "AEV",
  "profile-identity.delete": "A",
  "identity-provider.create": "A",
  "identity-provider.read": "AEV",
  "identity-provider.list": "AEV",
  "identity-provider.update": "A",
  "identity-provider.delete": "A",
  "user-apikey.login": "",
  "serviceid-apikey.login": "",
  "refreshtoken.login": "",
  "passcode.login": "",
  "cli-passcode.login": "",
  "identitycookie.login": "",
  "profile.login": "",
  "federation.begin": "",
  "federation.vouch": "",
  "passcode.create": "",
  "session.logout": "",
  "session.end": "",
  "event.search": "UO",
  "event.read": "UO",
  "event.summarize": "UO",
  "event.tail": "UO",
  "event.export": "UO",
  "receipt.read": "UO",
  "log.read": "O",
  "access.read": "AUO",
  "exposure.read": "UO",
  "administrator.recover": "",
  "catalogue.read": "",
  "root-key.read": "O",
  "root-key.rotate": "O",
  "request.reject": "",
  "server.start": "",
  "server.stop": "",
};

/** What a role on one secret group does not give, though it is of the service that has them. */
const ofTheWhole = new Set<OperationName>([
  "secret-group.create",
  "configuration.create",
  "configuration.list",
  "configuration.read",
  "configuration.update",
  "configuration.action",
  "configuration.delete",
  "notification-registration.create",
  "notification-registration.read",
  "notification-registration.delete",
  "notification-registration.test",
  "instance.create",
  "instance.list",
  "instance.read",
  "instance.update",
  "instance.delete",
]);

const letters: Readonly<Record<RoleName, string>> = {
  Manager: "M",
  Writer: "W",
  SecretsReader: "S",
  Reader: "R",
  SecretTaskUpdater: "T",
  Administrator: "A",
  Editor: "E",
  Viewer: "V",
  ServiceIdCreator: "I",
  UserApiKeyCreator: "K",
  Auditor: "U",
  Operator: "O",
};

const REGION = "us-south";
const HERE = "4f4a3d4f-8f1c-4ad2-9a57-8a2e8d6b0c11";
const THERE = "0a6a4f9f-1e1c-4d9b-8a52-6a0e6b0a2c22";
const GROUP = "1b2c3d4e-1e1c-4d9b-8a52-6a0e6b0a2c33";
const ELSE = "5f6a7b8c-1e1c-4d9b-8a52-6a0e6b0a2c44";

const at = (name: OperationName, secretGroup?: string): Resource => ({
  service: serviceOf(catalogue[name].action),
  place: { account: "a", region: REGION, instance: HERE },
  ...(secretGroup === undefined ? {} : { secretGroup }),
});

const grant = (role: RoleName, resource: PolicyResource): readonly Grant[] => [
  { roles: [role], resource },
];

describe.each(ROLE_NAMES)("the role %s", (role) => {
  const may = (name: OperationName): boolean => expected[name].includes(letters[role]);

  it.each(operationNames)("on %s, in every scope", (name) => {
    const service = serviceOf(catalogue[name].action);
    const aboutGroups = service === "secrets-manager" && !ofTheWhole.has(name);
    const scopes: readonly (readonly [PolicyResource, boolean])[] = [
      [{}, may(name)],
      [{ service }, may(name)],
      [{ service: "billing" }, false],
      [{ region: REGION }, may(name)],
      [{ region: "eu-de" }, false],
      [{ region: REGION, instance: HERE }, may(name)],
      [{ region: "eu-de", instance: HERE }, false],
      [{ service, region: REGION }, may(name)],
      [{ service, region: "eu-de", instance: HERE, secretGroup: GROUP }, false],
      [{ instance: HERE }, may(name)],
      [{ instance: THERE }, false],
      [{ service, instance: HERE }, may(name)],
      [{ service, instance: HERE, secretGroup: ELSE }, false],
      [{ service, instance: THERE, secretGroup: GROUP }, false],
      [{ service, instance: HERE, secretGroup: GROUP }, may(name) && aboutGroups],
    ];
    for (const [resource, allowed] of scopes) {
      expect([resource, isAllowed(grant(role, resource), name, at(name, GROUP))]).toEqual([
        resource,
        allowed,
      ]);
    }
  });

  it.each(operationNames)("on one group, as to %s in the instance as a whole", (name) => {
    const grants = grant(role, { instance: HERE, secretGroup: GROUP });
    expect(isAllowed(grants, name, at(name))).toBe(false);
    const scope = scopeOf(grants, name, at(name));
    const inGroups =
      may(name) && serviceOf(catalogue[name].action) === "secrets-manager" && !ofTheWhole.has(name);
    expect(scope).toEqual({ kind: "groups", groups: new Set(inGroups ? [GROUP] : []) });
  });
});

describe("the decision", () => {
  const anyResource = fc.record(
    {
      service: fc.constantFrom("secrets-manager", "iam-identity", "keytrail"),
      region: fc.constantFrom(REGION, "eu-de"),
      instance: fc.constantFrom(HERE, THERE),
      secretGroup: fc.constantFrom(GROUP, ELSE),
    },
    { requiredKeys: [] },
  );
  const anyGrant = fc.record({
    roles: fc.subarray([...ROLE_NAMES]),
    resource: anyResource,
  });
  const anyGrants = fc.array(anyGrant, { maxLength: 5 });
  const anyName = fc.constantFrom(...operationNames);

  it("is no without a grant", () => {
    fc.assert(fc.property(anyName, (name) => !isAllowed([], name, at(name, GROUP))));
  });

  it("never takes away by adding a grant, and does not look at their order", () => {
    fc.assert(
      fc.property(anyGrants, anyGrant, anyName, (grants, more, name) => {
        const before = isAllowed(grants, name, at(name, GROUP));
        expect(isAllowed([more, ...grants], name, at(name, GROUP))).toBe(
          isAllowed([...grants, more], name, at(name, GROUP)),
        );
        if (before) expect(isAllowed([...grants, more], name, at(name, GROUP))).toBe(true);
      }),
    );
  });

  it("gives a list exactly the groups in which it would allow the thing itself", () => {
    fc.assert(
      fc.property(anyGrants, anyName, (grants, name) => {
        const scope = scopeOf(grants, name, at(name));
        for (const group of [GROUP, ELSE]) {
          const listed = scope.kind === "all" || scope.groups.has(group);
          expect(listed).toBe(isAllowed(grants, name, at(name, group)));
        }
      }),
    );
  });
});
