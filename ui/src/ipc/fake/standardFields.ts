// The fields that every sign-in of a kind needs and that an element file may leave out, as the program adds them.
import { CALLBACK, KEY, SECRET } from "../../state/form";
import type { AuthView, FieldKind, FieldView } from "../types";

/** A field of an element file. */
export type FileField = Partial<Omit<FieldView, "value" | "kind">> &
  Pick<FieldView, "key" | "label"> & { type?: FieldKind; default?: string };

/** The table of an element file that says how to sign in, as far as the form depends on it. */
export interface FileAuth extends Partial<Record<AuthView, unknown>> {
  oauth2?: { client_id?: string; registration_endpoint?: string; grants?: string[] };
  oauth1?: { token_field?: string };
  api_key?: { key_field?: string };
  basic?: { username?: string; password?: string; username_field?: string; password_field?: string };
}

const copied = (key: string, label: string, help: string, example: string): FileField => ({
  key,
  label,
  help,
  example,
  problem: "Copy the whole value again, without spaces.",
});

const USERNAME: FileField = { key: "username", label: "User name", example: "maria@example.org" };
const PASSWORD: FileField = {
  key: "password",
  label: "Password",
  example: "practice-password",
  secret: true,
};

const ENDS: FileField = {
  key: "keyrack.ends",
  label: "Ends on",
  help: "For a key with an end date: Keyrack says so a week before, and a day before.",
  example: "2031-01-31",
  problem: "Enter a day as year, month and day: 2031-01-31.",
  type: "day",
  required: false,
  advanced: true,
};

export function standardFields(name: string, auth: FileAuth): FileField[] {
  const { oauth2, oauth1, api_key, basic } = auth;
  const isEasy = oauth2?.client_id !== undefined || oauth2?.registration_endpoint !== undefined;
  const client: FileField[] = [
    copied(KEY, "Client ID", `Shown by ${name} for the app that you register there.`, "practice-client"),
    {
      ...copied(
        SECRET,
        "Client secret",
        `Beside the client ID. ${name} may show it only once.`,
        "practice-secret",
      ),
      secret: true,
    },
  ].map((field) => ({ ...field, required: !isEasy, advanced: isEasy }));
  const callback: FileField = {
    key: CALLBACK,
    label: "Redirect address",
    help: `Register this address with the app at ${name}, letter for letter.`,
    type: "address",
    advanced: true,
  };
  if (oauth2) {
    const grants = oauth2.grants ?? ["authorization_code"];
    const user = grants.includes("password") ? [USERNAME, PASSWORD] : [];
    return [...user, ...client, ...(grants.includes("authorization_code") ? [callback] : [])];
  }
  if (oauth1) return oauth1.token_field === undefined ? [...client, callback] : client;
  if (api_key)
    return api_key.key_field === undefined
      ? [{ ...copied("api.key", "API key", "", "practice-key"), secret: true, max_length: 4000 }, ENDS]
      : [ENDS];
  if (basic) {
    const asksUser = basic.username === undefined && basic.username_field === undefined;
    const asksPassword =
      basic.password === undefined &&
      basic.password_field === undefined &&
      basic.username_field === undefined;
    return [...(asksUser ? [USERNAME] : []), ...(asksPassword ? [PASSWORD] : []), ENDS];
  }
  return auth.session ? [USERNAME, PASSWORD] : [];
}
