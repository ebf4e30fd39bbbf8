import { describe, expect, it } from "vitest";
import { catalogue, operationNames, subjectOf } from "../../audit/catalogue.ts";
import { needsRoom } from "./room.ts";

describe("while a required destination is too far behind", () => {
  it("nothing is done with secrets, keys or instances, whatever it is called", () => {
    const free = operationNames.filter((name) => !needsRoom(name));
    const held = /^(?:secret|version|configuration|data|encryption-key|manual-key|pki|root-key)/;
    expect(free.filter((name) => held.test(name))).toEqual([]);
    const subjects = new Set(
      free.filter((name) => catalogue[name].kind === "change").map((name) => subjectOf(name)),
    );
    expect([...subjects].filter((one) => !/login|session|passcode|token|cookie/.test(one))).toEqual(
      expect.not.arrayContaining(["instance", "user", "serviceid", "access-group"]),
    );
  });

  it("everybody may log in, by whatever they have", () => {
    const logins = operationNames.filter((name) => name.endsWith(".login"));
    expect(logins.length).toBeGreaterThan(5);
    const steps = ["federation.begin", "federation.vouch", "certificate-challenge.create"] as const;
    expect([...logins, ...steps, "session.open" as const].filter(needsRoom)).toEqual([]);
  });

  it("destinations may be changed, and whoever administers may let somebody do so", () => {
    const names = ["destination.update", "destination.delete", "route.update"] as const;
    expect([...names, "policy.create" as const].filter(needsRoom)).toEqual([]);
    expect(needsRoom("policy.delete")).toBe(true);
  });
});
