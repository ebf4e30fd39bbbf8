import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newIdentityProviderId, PLAIN_PROVIDER } from "../../identity/identity-provider.ts";
import type { IdentityProvider } from "../../identity/identity-provider.ts";
import { certificateOf } from "../configurations/testing/published.ts";
import { secretAction } from "../secrets/secret-action.ts";
import {
  openCertificateStory,
  opened,
  type CertificateStory,
} from "../secrets/testing/private-certs.ts";
import { ACCOUNT, START } from "../testing/test-app.ts";
import {
  BY_SHA1,
  ROOT,
  SOUND,
  WITH_UNKNOWN_CRITICAL_EXTENSION,
} from "./testing/foreign-certificates.ts";
import { createUser } from "./users.ts";
import { vouchedCertificate } from "./vouched-certificate.ts";

let story: CertificateStory;
beforeEach(async () => {
  story = await openCertificateStory();
  await story.template({ keyType: "rsa", keyBits: 2_048 });
  const admin = await story.app.callerWith(["Administrator"]);
  await story.app.done(createUser, admin, { email: "bob.example.com", name: "Bob" });
});
afterEach(() => story.app.close());

function provider(certificate: string): IdentityProvider {
  return {
    ...PLAIN_PROVIDER,
    type: "certificate",
    id: newIdentityProviderId(),
    account: ACCOUNT,
    name: "badges",
    realm: "badges",
    issuer: "",
    clientId: "",
    scopes: [],
    authority: { path: null, certificate },
    createsUsers: false,
    enabled: true,
    createdAt: START,
    createdBy: "",
    modifiedAt: START,
  };
}

/** The user, or the fault. */
async function vouched(pem: string, by: IdentityProvider): Promise<string> {
  const { app } = story;
  const found = await app.state.read((store) =>
    vouchedCertificate(pem, [by], { store, now: app.clock.now() }),
  );
  return typeof found === "string" ? found : found.user.email;
}

describe("a certificate by an authority of the account", () => {
  it("is its user's by whichever authority above it is named, until it is taken back", async () => {
    const { app, writer } = story;
    const first = await certificateOf(app, "first");
    const root = await certificateOf(app, "root");
    const made = await story.issue("bob");
    const { pem: certificate } = opened(made.payload);
    expect(await vouched(certificate, provider(first))).toBe("bob.example.com");
    expect(await vouched(`${certificate}\n${first}`, provider(root))).toBe("bob.example.com");
    expect(await vouched(certificate, provider(root))).toBe("no-authority-vouches");
    expect(await vouched(certificate, { ...provider(first), enabled: false })).toBe(
      "no-authority-vouches",
    );
    const actionType = "private_cert_action_revoke_certificate";
    await app.done(secretAction, writer, { id: made.id, actionType });
    expect(await vouched(certificate, provider(first))).toBe("certificate-revoked");
    expect(await vouched(`${certificate}\n${first}`, provider(root))).toBe("certificate-revoked");
  });

  it("is nobody's when an authority above it is taken back", async () => {
    const { app, my } = story;
    const [first, root] = [await certificateOf(app, "first"), await certificateOf(app, "root")];
    const { pem: certificate } = opened((await story.issue("bob")).payload);
    await my.act("first", "revoke_ca_certificate");
    expect(await vouched(`${certificate}\n${first}`, provider(root))).toBe("certificate-revoked");
  });
});

describe("a certificate by an authority from elsewhere", () => {
  it.each([
    ["in which all is understood", SOUND, "bob.example.com"],
    ["for whose signature another text may be found", BY_SHA1, "no-authority-vouches"],
    [
      "that says what must be understood, and is not",
      WITH_UNKNOWN_CRITICAL_EXTENSION,
      "no-authority-vouches",
    ],
  ])("%s", async (_which, pem, expected) => {
    story.app.clock.advance(86_400_000);
    expect(await vouched(pem, provider(ROOT))).toBe(expected);
  });
});
