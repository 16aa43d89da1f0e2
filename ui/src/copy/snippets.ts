// The lines a developer pastes. They call the command line, which renews as needed; no token is ever written here.
import type { ConnectionView, ElementView, WorkspaceView } from "../ipc/types";

/** One tab of the developer section. */
export interface Snippet {
  tab: "Shell" | "curl" | ".env";
  text: string;
}

/** A word for a POSIX shell. Double quotes read best; where a character would act inside them (`!` in an
 *  interactive bash too), single quotes are used. */
export function shellWord(word: string): string {
  return /["$`\\!]/.test(word) ? `'${word.replaceAll("'", `'\\''`)}'` : `"${word}"`;
}

export function snippets(
  connection: Pick<ConnectionView, "name" | "host">,
  workspace: Pick<WorkspaceView, "name" | "kind" | "base_url">,
  auth: ElementView["auth"],
): Snippet[] {
  // The command line uses the workspace of this computer unless told.
  const elsewhere = workspace.kind === "local" ? "" : ` --workspace ${shellWord(workspace.name)}`;
  const name = shellWord(connection.name) + elsewhere;
  const env: Snippet = {
    tab: ".env",
    text: `# Loads the variables into this shell; no token is written to a file\neval "$(keyrack token ${name} --format env)"`,
  };
  const hosted = workspace.kind === "hosted";
  if (auth === "oauth1" && !hosted) {
    // Each OAuth 1.0a request is signed over its own address, so a header made in advance is of no use.
    return [
      { tab: "Shell", text: `keyrack token ${name} --format json` },
      { tab: "curl", text: `keyrack curl ${name} --run` },
      env,
    ];
  }
  // At a hosted platform the calls go to the platform, which signs those of OAuth 1.0a itself; /ping is one that every
  // element answers.
  const address = hosted
    ? `${workspace.base_url ?? "https://"}/ping`
    : connection.host
      ? `https://${connection.host}/`
      : "https://";
  return [
    { tab: "Shell", text: `TOKEN=$(keyrack token ${name})` },
    { tab: "curl", text: `curl -H "$(keyrack token ${name} --format header)" \\\n  ${address}` },
    env,
  ];
}
