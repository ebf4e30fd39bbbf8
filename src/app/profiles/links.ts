/**
 * Links of trusted profiles to compute resources: kept and shown. What would prove that a call comes from such a
 * resource has to be configured, and is not served: a link lets nobody in (see `trust.ts`).
 */
import { newEntityTag } from "../../identity/entity-tag.ts";
import {
  checkedLink,
  checkedLinkedResource,
  isSameResource,
  type GivenLink,
  type LinkedResource,
} from "../../identity/profile-link.ts";
import {
  MAX_LINKS_PER_PROFILE,
  newProfileLinkId,
  withTrustTaken,
  type ProfileLink,
  type TrustedProfile,
} from "../../identity/trusted-profile.ts";
import { Refusal } from "../../kernel/errors.ts";
import { assertRoom } from "../identity/find.ts";
import { callerId, changeOperation, readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { locatedIn, findProfile, inProfile, type PartOf } from "./find.ts";

export interface CreateProfileLinkInput {
  /** Of the profile. */
  readonly id: string;
  readonly link: GivenLink;
}

export const createProfileLink = changeOperation<
  CreateProfileLinkInput,
  PartOf<ProfileLink>,
  ProfileLink
>({
  name: "profile-link.create",
  async locate({ id, link: given }, context) {
    const profile = await findProfile(id, context);
    const { now, caller } = context;
    const link: ProfileLink = {
      id: newProfileLinkId(),
      account: profile.account,
      profile: profile.id,
      ...checkedLink(given),
      entityTag: newEntityTag(),
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
    };
    const subject = { profile, part: link };
    return locatedIn("profile-link.create", { profile, subject, facts: linkFacts(link) }, context);
  },
  async run(_input, { subject: { profile, part: link } }, { store }) {
    const links = await store.profiles.profileLinks(profile.account, profile.id);
    assertRoom(links.length, MAX_LINKS_PER_PROFILE, "links of a trusted profile");
    if (links.some((one) => isSameResource(one, link))) {
      throw new Refusal("conflict", "The trusted profile already has a link to this resource.");
    }
    await store.profiles.putProfileLink(link);
    return link;
  },
});

export interface ListedProfileLinks {
  readonly links: readonly ProfileLink[];
  readonly totalCount: number;
}

/** All of them: a profile has few. */
export const listProfileLinks = readOperation<
  { readonly id: string },
  TrustedProfile,
  ListedProfileLinks
>({
  name: "profile-link.list",
  locate: (input, context) => inProfile("profile-link.list", input, context),
  async run(_input, { subject: { account, id } }, { store }) {
    const links = await store.profiles.profileLinks(account, id);
    return { links, totalCount: links.length };
  },
});

export interface ProfileLinkInput {
  /** Of the profile. */
  readonly id: string;
  readonly linkId: string;
}

export const readProfileLink = readOperation<ProfileLinkInput, PartOf<ProfileLink>, ProfileLink>({
  name: "profile-link.read",
  async locate({ id, linkId }, context) {
    const subject = await findLink(id, (link) => link.id === linkId, context);
    return locatedIn("profile-link.read", { profile: subject.profile, subject }, context);
  },
  run: async (_input, { subject: { part: link } }) => link,
});

export interface DeleteProfileLinkInput {
  /** Of the profile. */
  readonly id: string;
  /** Which link: by its id, or by what it links to. */
  readonly which: string | GivenLink;
}

/** Sessions of the profile are over with it. */
export const deleteProfileLink = changeOperation<
  DeleteProfileLinkInput,
  PartOf<ProfileLink>,
  object
>({
  name: "profile-link.delete",
  async locate({ id, which }, context) {
    const subject = await findLink(id, matching(which), context);
    const { profile, part: link } = subject;
    return locatedIn("profile-link.delete", { profile, subject, facts: linkFacts(link) }, context);
  },
  async run(_input, { subject: { profile, part: link } }, { store, now }) {
    await store.profiles.deleteProfileLink(profile.account, profile.id, link.id);
    await store.profiles.putProfile(withTrustTaken(profile, now));
    return {};
  },
});

function matching(which: string | GivenLink): (link: ProfileLink) => boolean {
  if (typeof which === "string") return ({ id }) => id === which;
  const resource: LinkedResource = checkedLinkedResource(which);
  return (link) => isSameResource(link, resource);
}

async function findLink(
  id: string,
  isIt: (link: ProfileLink) => boolean,
  context: Context<View>,
): Promise<PartOf<ProfileLink>> {
  const profile = await findProfile(id, context);
  const links = await context.store.profiles.profileLinks(profile.account, profile.id);
  const part = links.find(isIt);
  if (!part) throw new Refusal("not_found", "The trusted profile has no such link.");
  return { profile, part };
}

/** What the record says of a link, in the names of the wire. */
function linkFacts(link: ProfileLink): object {
  const { id: linkId, name, crType, crn, namespace, resourceName } = link;
  const { componentType, componentName } = link;
  const named = { crn, namespace, name: resourceName };
  const component = { component_type: componentType, component_name: componentName };
  return { linkId, name, cr_type: crType, link: { ...named, ...component } };
}
