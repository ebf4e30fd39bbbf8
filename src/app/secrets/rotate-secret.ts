/**
 * Gives a secret a new value by the name that version 1 of IBM's API has for it; restoring a version, which that API's
 * table does not list, is a rotation too, since a version that is restored becomes a new one.
 */
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import {
  createVersion,
  type CreateVersionInput,
  type CreateVersionOutput,
} from "./create-version.ts";

export const rotateSecret = changeOperation<CreateVersionInput, Secret, CreateVersionOutput>({
  ...createVersion,
  name: "secret.rotate",
});
