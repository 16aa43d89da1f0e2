// The bridge to the program behind the window, and the only file that knows Tauri. What the answers look like is
// in types.ts, which is written from the Rust types; fake.ts implements the same interface in memory.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type {
  Appearance,
  AttemptView,
  ConnectRequest,
  ElementView,
  Failure,
  ImportView,
  InstanceView,
  KeychainView,
  PresetView,
  RemovedView,
  State,
  TestView,
  WorkspaceRequest,
  WorkspaceView,
} from "./types";

/** The folders a person may want to open in the file browser. */
export type Folder = "data" | "elements" | "log";

/** Everything the window can ask of the program. Every promise rejects with a `Failure` and with nothing else. */
export interface Api {
  state(): Promise<State>;
  /**
   * The catalogue of the current workspace; in practice the fields come filled in. A hosted platform is asked for
   * its list, so this may take seconds and may fail; `fields` of elements that only the platform describes are empty.
   */
  elements(): Promise<ElementView[]>;
  /** One element with its whole form. */
  element(key: string): Promise<ElementView>;
  /** Makes an element of the person's own out of what describes its provider, and returns it with its form. */
  describe(request: ConnectRequest): Promise<ElementView>;
  /** Takes an element of the person's own out of the list; refused while a connection uses it. */
  removeElement(key: string): Promise<void>;
  connect(request: ConnectRequest): Promise<AttemptView>;
  openBrowserAgain(attempt: string): Promise<void>;
  copyLink(attempt: string): Promise<void>;
  pasteBack(attempt: string, address: string): Promise<void>;
  cancel(attempt: string): Promise<void>;
  saveAgain(attempt: string): Promise<void>;
  /** Somebody else signed in: from now on the connection is theirs. */
  takeAccount(attempt: string): Promise<void>;
  /** Somebody else signed in: they get a connection of their own. */
  saveAsNew(attempt: string): Promise<void>;
  keepWaiting(attempt: string): Promise<void>;
  /** Forgets an attempt that has ended. */
  dismiss(attempt: string): Promise<void>;
  /** The program puts the token on the clipboard itself: the page never sees it. */
  copyToken(connection: string): Promise<void>;
  rename(connection: string, name: string): Promise<void>;
  /** Asks the product who is signed in. */
  test(connection: string): Promise<TestView>;
  /** Gets a new token although the old one still works. */
  renew(connection: string): Promise<void>;
  /** `here`: what stands at a hosted platform is left there. */
  remove(connection: string, here: boolean): Promise<RemovedView>;
  /** Opens the page on which the product lets access be taken back, also of the connection removed last. */
  openAccessPage(connection: string): Promise<void>;
  /** Replaces all tags. */
  setTags(connection: string, tags: string[]): Promise<void>;
  /** Switches a connection off or on, at a hosted platform too. */
  setEnabled(connection: string, enabled: boolean): Promise<void>;
  useWorkspace(name: string): Promise<void>;
  /** Platforms whose address is known. */
  presets(): Promise<PresetView[]>;
  /** Checks the secrets at the platform, then keeps them in the keychain. Does not switch to it. */
  addWorkspace(request: WorkspaceRequest): Promise<WorkspaceView>;
  /** Checks new secrets at the platform, then keeps them in place of the old ones. */
  replaceSecrets(name: string, userSecret: string, organizationSecret: string): Promise<void>;
  renameWorkspace(name: string, newName: string): Promise<void>;
  /** Removes it and its connections from this computer; what stands at the platform stays there. */
  removeWorkspace(name: string): Promise<void>;
  /** What exists at the platform of the current, hosted workspace. */
  instances(): Promise<InstanceView[]>;
  /** Brings instances in as connections. */
  importInstances(ids: string[]): Promise<ImportView>;
  setAppearance(appearance: Appearance): Promise<void>;
  setCallbackPort(port: number): Promise<void>;
  /** Trusts a certificate authority beside those of the system. */
  addCertificate(pem: string): Promise<void>;
  removeCertificate(sha256: string): Promise<void>;
  openFolder(folder: Folder): Promise<void>;
  checkKeychain(): Promise<KeychainView>;
  /** Calls `then` whenever `state()` would answer differently. */
  onChanged(then: () => void): Promise<void>;
}

/** What the program rejects with is a `Failure`; what the bridge itself throws (a refused command) is made one. */
export function asFailure(thrown: unknown): Failure {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown) return thrown as Failure;
  return { code: "internal", detail: thrown instanceof Error ? thrown.message : String(thrown) };
}

async function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw asFailure(thrown);
  }
}

/** The real program. */
export const desktop: Api = {
  state: () => call("state"),
  elements: () => call("elements"),
  element: (key) => call("element", { key }),
  describe: (request) => call("describe", { request }),
  removeElement: (key) => call("remove_element", { key }),
  connect: (request) => call("connect", { request }),
  openBrowserAgain: (attempt) => call("open_browser_again", { attempt }),
  copyLink: (attempt) => call("copy_link", { attempt }),
  pasteBack: (attempt, address) => call("paste_back", { attempt, address }),
  cancel: (attempt) => call("cancel", { attempt }),
  saveAgain: (attempt) => call("save_again", { attempt }),
  takeAccount: (attempt) => call("take_account", { attempt }),
  saveAsNew: (attempt) => call("save_as_new", { attempt }),
  keepWaiting: (attempt) => call("keep_waiting", { attempt }),
  dismiss: (attempt) => call("dismiss", { attempt }),
  copyToken: (connection) => call("copy_token", { connection }),
  rename: (connection, name) => call("rename", { connection, name }),
  test: (connection) => call("test", { connection }),
  renew: (connection) => call("renew", { connection }),
  remove: (connection, here) => call("remove", { connection, here }),
  openAccessPage: (connection) => call("open_access_page", { connection }),
  setTags: (connection, tags) => call("set_tags", { connection, tags }),
  setEnabled: (connection, enabled) => call("set_enabled", { connection, enabled }),
  useWorkspace: (name) => call("use_workspace", { name }),
  presets: () => call("presets"),
  addWorkspace: (request) => call("add_workspace", { request }),
  replaceSecrets: (name, userSecret, organizationSecret) =>
    call("replace_secrets", { name, userSecret, organizationSecret }),
  renameWorkspace: (name, newName) => call("rename_workspace", { name, newName }),
  removeWorkspace: (name) => call("remove_workspace", { name }),
  instances: () => call("instances"),
  importInstances: (ids) => call("import_instances", { ids }),
  setAppearance: (appearance) => call("set_appearance", { appearance }),
  setCallbackPort: (port) => call("set_callback_port", { port }),
  addCertificate: (pem) => call("add_certificate", { pem }),
  removeCertificate: (sha256) => call("remove_certificate", { sha256 }),
  openFolder: (folder) => call("open_folder", { folder }),
  checkKeychain: () => call("check_keychain"),
  onChanged: async (then) => {
    await listen("changed", then);
  },
};
