// The bridge to the program behind the window, and the only file that knows Tauri. types.ts holds the types of the
// answers and is generated from Rust; fake/ implements the same calls in memory.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type * as Types from "./types";

/** A folder that the program opens in the file browser. */
export type Folder = "data" | "elements" | "log";

/** Converts what a call threw. The program throws a `Failure`; anything else (a refused command) becomes one. */
function asFailure(thrown: unknown): Types.Failure {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown) return thrown as Types.Failure;
  return { code: "internal", detail: thrown instanceof Error ? thrown.message : String(thrown) };
}

async function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw asFailure(thrown);
  }
}

/** The commands of the program. Every promise rejects with a `Failure` and with nothing else. */
export const desktop = {
  state: () => call<Types.State>("state"),
  /** Lists the elements of the current workspace without their `fields`. A hosted platform may take seconds or fail. */
  elements: () => call<Types.ElementView[]>("elements"),
  /** One element with the form of this way to connect, or of the easiest. */
  element: (key: string, way?: string) => call<Types.ElementView>("element", { key, way }),
  /** Opens the page where the key is made or the app is registered. */
  openSetupPage: (key: string, way?: string) => call<void>("open_setup_page", { key, way }),
  /** Makes a custom element from a generic form and returns it with its own form. */
  describe: (request: Types.ConnectRequest) => call<Types.ElementView>("describe", { request }),
  /** Returns the text of a copy of an element, to be changed. Writes nothing. */
  copyElement: (key: string) => call<string>("copy_element", { key }),
  /** Returns the text of an element file in the user’s folder. */
  elementText: (key: string) => call<string>("element_text", { key }),
  /** Lists what keeps a text from being saved: in place of the file of the element `replaces`, or as a new file. */
  checkElement: (text: string, replaces?: string) =>
    call<Types.ElementProblem[]>("check_element", { text, replaces }),
  /** Writes a text without faults into the user’s folder and returns the element with its form. */
  saveElement: (text: string, replaces?: string) =>
    call<Types.ElementView>("save_element", { text, replaces }),
  /** Deletes an element file in the user’s folder; `element_in_use` while a connection uses it. */
  removeElement: (key: string) => call<void>("remove_element", { key }),
  connect: (request: Types.ConnectRequest) => call<Types.AttemptView>("connect", { request }),
  openBrowserAgain: (attempt: string) => call<void>("open_browser_again", { attempt }),
  copyLink: (attempt: string) => call<void>("copy_link", { attempt }),
  pasteBack: (attempt: string, address: string) => call<void>("paste_back", { attempt, address }),
  cancel: (attempt: string) => call<void>("cancel", { attempt }),
  saveAgain: (attempt: string) => call<void>("save_again", { attempt }),
  /** After `wrong_account`: gives the connection to the account that signed in. */
  takeAccount: (attempt: string) => call<void>("take_account", { attempt }),
  /** After `wrong_account`: saves the account that signed in as a new connection. */
  saveAsNew: (attempt: string) => call<void>("save_as_new", { attempt }),
  keepWaiting: (attempt: string) => call<void>("keep_waiting", { attempt }),
  /** Forgets an attempt that has ended. */
  dismiss: (attempt: string) => call<void>("dismiss", { attempt }),
  /** Puts the token on the clipboard without showing it to the page. */
  copyToken: (connection: string) => call<void>("copy_token", { connection }),
  rename: (connection: string, name: string) => call<void>("rename", { connection, name }),
  /** Asks the product who is signed in. */
  test: (connection: string) => call<Types.TestView>("test", { connection }),
  /** Gets a new token although the old one still works. */
  renew: (connection: string) => call<void>("renew", { connection }),
  /** Removes a connection; `here` keeps its instance at a hosted platform. */
  remove: (connection: string, here: boolean) => call<Types.RemovedView>("remove", { connection, here }),
  /** Opens the product's page for ending access, also for the connection removed last. */
  openAccessPage: (connection: string) => call<void>("open_access_page", { connection }),
  setTags: (connection: string, tags: string[]) => call<void>("set_tags", { connection, tags }),
  setNote: (connection: string, note: string) => call<void>("set_note", { connection, note }),
  /** Switches a connection on or off, at a hosted platform too. */
  setEnabled: (connection: string, enabled: boolean) => call<void>("set_enabled", { connection, enabled }),
  useWorkspace: (name: string) => call<void>("use_workspace", { name }),
  /** Lists the platforms whose address is known. */
  presets: () => call<Types.PresetView[]>("presets"),
  /** Checks the secrets at the platform, then stores them in the keychain. Does not switch to the workspace. */
  addWorkspace: (request: Types.WorkspaceRequest) => call<Types.WorkspaceView>("add_workspace", { request }),
  /** Checks new secrets at the platform, then replaces the stored ones. */
  replaceSecrets: (name: string, userSecret: string, organizationSecret: string) =>
    call<void>("replace_secrets", { name, userSecret, organizationSecret }),
  renameWorkspace: (name: string, newName: string) => call<void>("rename_workspace", { name, newName }),
  /** Removes a workspace and its connections from this computer; nothing changes at the platform. */
  removeWorkspace: (name: string) => call<void>("remove_workspace", { name }),
  /** Lists the instances at the platform of the current, hosted workspace. */
  instances: () => call<Types.InstanceView[]>("instances"),
  importInstances: (ids: string[]) => call<Types.ImportView>("import_instances", { ids }),
  setAppearance: (appearance: Types.Appearance) => call<void>("set_appearance", { appearance }),
  setCallbackPort: (port: number) => call<void>("set_callback_port", { port }),
  /** Trusts a certificate authority besides those of the system. */
  addCertificate: (pem: string) => call<void>("add_certificate", { pem }),
  removeCertificate: (sha256: string) => call<void>("remove_certificate", { sha256 }),
  openFolder: (folder: Folder) => call<void>("open_folder", { folder }),
  /** Opens the data again, with a new index in place of one that cannot be used, filled from the keychain. */
  repairIndex: () => call<void>("repair_index"),
  /** Has the system ask for the password of a locked keychain. Returns the state after that. */
  unlockKeychain: () => call<Types.KeychainView>("unlock_keychain"),
  /** Calls `listener` whenever `state()` would answer differently. */
  onChanged: async (listener: () => void) => {
    await listen("changed", listener);
  },
};

export type Api = typeof desktop;
