// Every sentence about a failure, in one table. A missing code does not compile.
//
// Each row: what happened, what to do, whose move it is, and one button. `describeFailure` fills in the facts in {braces}.
// Text from elsewhere is never part of a sentence, only of the folded details.
import type { Code, Failure } from "../ipc/types";
import { clockWords, waitWords } from "./time";

/** Who can do something about it. */
const MOVES = {
  user: "Your move",
  administrator: "Your administrator’s move",
  provider: "{product}’s move",
  platform: "{platform}’s move",
};

/** What the button does; the screen that shows the failure knows how. */
export type Does =
  | "retry"
  | "edit"
  | "settings"
  | "replace_secrets"
  | "use_free_port"
  | "details"
  | "copy_report"
  | "unlock_keychain"
  | "practise"
  | "repair"
  | "connections";

/** The facts of a sentence, and what replaces one that the program did not send. */
const UNNAMED = {
  product: "the product",
  name: "this",
  platform: "the platform",
  wait: "a minute",
  port: "it needs",
  free_port: "another",
  report: "without a number",
  candidates: "several",
  keychain: "keyring",
  host: "the server",
  authority: "An authority that it does not know",
  clock: "not right",
  expected: "another account",
  found: "Somebody",
};

type Fact = keyof typeof UNNAMED;

interface ButtonCopy {
  label: string;
  does: Does;
}

/** A row. Unless it says otherwise, its button is “Try again” and the move is the user’s. A button that needs a fact names
 *  another to use without it. */
export type ErrorCopy = { title: string; body: string; move?: keyof typeof MOVES } & (
  { button?: ButtonCopy; needs?: never } | { button: ButtonCopy; needs: Fact; otherwise: ButtonCopy }
);

const TRY_AGAIN: ButtonCopy = { label: "Try again", does: "retry" };
const UNLOCK: ButtonCopy = { label: "Unlock", does: "unlock_keychain" };
const CHECK: ButtonCopy = { label: "Try again", does: "unlock_keychain" };
const EDIT: ButtonCopy = { label: "Edit", does: "edit" };
const SETTINGS: ButtonCopy = { label: "Settings", does: "settings" };
const DETAILS: ButtonCopy = { label: "Details", does: "details" };
const START_AGAIN: ButtonCopy = { label: "Start again", does: "retry" };
const CONNECTIONS: ButtonCopy = { label: "Connections", does: "connections" };

export const ERRORS: Record<Code, ErrorCopy> = {
  access_denied: {
    title: "Access was not given",
    body: "{product} reported that access was declined. Nothing was saved.",
  },
  authorization_expired: {
    title: "The sign-in took too long",
    body: "What the browser brought from {product} was used before or is too old. Start again from here.",
    button: START_AGAIN,
  },
  callback_busy: {
    title: "Another sign-in is waiting",
    body: "Keyrack is already signing in to {product} in another window or terminal. Finish or cancel that one first.",
  },
  callback_invalid: {
    title: "The address can’t be used",
    body: "It holds no answer from {product}. Copy the whole address the browser ended on.",
  },
  callback_timeout: {
    title: "No answer from the browser",
    body: "The sign-in was not finished. Entered values are kept.",
    button: { label: "Open browser again", does: "retry" },
  },
  // Not shown: cancelling leads back to the form.
  cancelled: {
    title: "The sign-in was cancelled",
    body: "Entered values are kept.",
    button: START_AGAIN,
  },
  certificate_untrusted: {
    title: "This computer does not trust the server",
    body: "{authority} vouches for {host}. If that is your network’s own authority, your administrator can give you its certificate to add in Settings.",
    button: SETTINGS,
    move: "administrator",
  },
  clock_wrong: {
    title: "The clock is {clock}",
    body: "{product} takes sign-ins only at the right time. Set the clock of this computer, then try again.",
  },
  connection_disabled: {
    title: "This account is switched off",
    body: "Nothing can use it while it is off. Switch it on, then try again.",
  },
  connection_unknown: {
    title: "This connection is gone",
    body: "It was removed in another window or terminal. The list shows what is left.",
    button: CONNECTIONS,
  },
  element_in_use: {
    title: "It can’t be taken out yet",
    body: "“{name}” is connected by it. Remove that connection first.",
    button: CONNECTIONS,
  },
  element_invalid: {
    title: "The description of {product} has a fault",
    body: "Its element file can’t be used as it is. The details say what to mend.",
    button: DETAILS,
    move: "administrator",
  },
  element_historical: {
    title: "{product} can’t be connected from this computer",
    body: "It connects in a hosted workspace that supports it. It can still be practised.",
    button: { label: "Practise instead", does: "practise" },
    move: "provider",
  },
  element_retired: {
    title: "{product} was closed",
    body: "Its maker ended it, so it can’t be connected from this computer. It can still be practised.",
    button: { label: "Practise instead", does: "practise" },
    move: "provider",
  },
  element_unknown: {
    title: "{product} is not in the list any more",
    body: "Its element file was removed or renamed. Choose another product.",
    button: CONNECTIONS,
    move: "administrator",
  },
  form_invalid: {
    title: "Some entries can’t be used",
    body: "What to change is said below each of them.",
    button: EDIT,
  },
  index_damaged: {
    title: "The list is damaged or missing",
    body: "Repair builds it again from the {keychain}. Sign-ins are not lost.",
    button: { label: "Repair", does: "repair" },
  },
  index_newer: {
    title: "A newer version wrote this data",
    body: "Update the app to open it. Nothing was changed.",
    button: DETAILS,
  },
  index_unwritable: {
    title: "The list can’t be saved",
    body: "The data folder can’t be written to. Make room on the disk or check who owns the folder.",
  },
  instance_gone: {
    title: "{platform} no longer has this account",
    body: "It was deleted there. Remove it here, then connect {product} anew.",
    button: DETAILS,
  },
  internal: {
    title: "Something failed inside the app",
    body: "Report {report} is in the log. Nothing was sent.",
    button: { label: "Copy report", does: "copy_report" },
    needs: "report",
    otherwise: DETAILS,
    move: "administrator",
  },
  issuer_mismatch: {
    title: "The answer came from somewhere else",
    body: "Not {product} but another service answered, so nothing was saved. If it happens again, tell whoever manages it.",
    button: START_AGAIN,
    move: "administrator",
  },
  issuer_unknown: {
    title: "Nothing to sign in with was found there",
    body: "{host} does not tell how to sign in. Check the address, or enter the single addresses by hand.",
    button: EDIT,
  },
  keychain_denied: {
    title: "The {keychain} refused",
    body: "Keyrack was not allowed to use it. Allow it when the system asks.",
    button: CHECK,
  },
  keychain_locked: {
    title: "The {keychain} is locked",
    body: "Unlock it to save and use connections.",
    button: UNLOCK,
  },
  keychain_missing: {
    title: "No {keychain} was found",
    body: "This system has no place to keep sign-ins. Install GNOME Keyring or KWallet, sign in to the system again, then try here.",
    button: CHECK,
    move: "administrator",
  },
  keychain_too_long: {
    title: "The sign-in is too long to keep",
    body: "{product} gave more than the {keychain} can hold. Ask for less access, then try again.",
    button: EDIT,
    move: "administrator",
  },
  name_ambiguous: {
    title: "More than one connection has this name",
    body: "These match: {candidates}. Choose one of them in the list.",
    button: CONNECTIONS,
  },
  name_taken: {
    title: "This name is in use",
    body: "Another connection is called “{name}”. Choose another name.",
    button: EDIT,
  },
  needs_settings: {
    title: "{product} no longer accepts these settings",
    body: "Its identifier or secret was changed or withdrawn. Sign in again with the current ones.",
    button: EDIT,
    move: "administrator",
  },
  platform_bad_response: {
    title: "{platform} sent an unexpected answer",
    body: "Its service may have changed, or its address is wrong. The details can be sent with a report.",
    button: DETAILS,
    move: "platform",
  },
  platform_busy: {
    title: "{platform} asks to wait",
    body: "Too much was asked of it in a short time. Try again in {wait}.",
    move: "platform",
  },
  platform_failed: {
    title: "{platform} has a fault",
    body: "Nothing is wrong on this computer. Try again in a few minutes.",
    move: "platform",
  },
  platform_limit: {
    title: "This is too large for {platform}",
    body: "It takes no entry of this size. Shorten what was entered.",
    button: EDIT,
  },
  platform_rejected: {
    title: "{platform} refused",
    body: "What it said is in the details. Whoever manages it can tell more.",
    button: DETAILS,
    move: "administrator",
  },
  // Trying again could do it twice; the list shows the outcome.
  platform_uncertain: {
    title: "The answer got lost",
    body: "It is not known whether {platform} did this. Keyrack looks again at its next start and finds what was made. Until then, look there before repeating it.",
    button: CONNECTIONS,
    move: "platform",
  },
  platform_unreachable: {
    title: "{platform} can’t be reached",
    body: "Check the connection to the internet and try again. Nothing was changed.",
  },
  port_in_use: {
    title: "The callback address is taken",
    body: "Another program uses port {port}. Close it, or use another port.",
    button: { label: "Use port {free_port}", does: "use_free_port" },
    needs: "free_port",
    otherwise: SETTINGS,
  },
  provider_bad_response: {
    title: "{product} sent an unexpected answer",
    body: "Its service may have changed. The details can be sent with a report.",
    button: DETAILS,
    move: "provider",
  },
  provider_rejected: {
    title: "{product} refused the sign-in",
    body: "Its own words in the details say why.",
    button: DETAILS,
    move: "administrator",
  },
  provider_unreachable: {
    title: "{product} can’t be reached",
    body: "Check the connection to the internet and try again. Nothing was changed.",
  },
  redirect_mismatch: {
    title: "{product} expects another address",
    body: "The one registered there must be the one the browser returns to, letter for letter.",
    button: EDIT,
    move: "administrator",
  },
  renewal_busy: {
    title: "Access is being renewed",
    body: "Another program is renewing it at this moment. Try again in a few seconds.",
  },
  sign_in_expired: {
    title: "Sign in again",
    body: "{product} ended this sign-in. Other connections are not affected.",
    button: { label: "Sign in again", does: "retry" },
  },
  state_mismatch: {
    title: "The answer did not match",
    body: "The browser returned an answer for another sign-in. Start again from here.",
    button: START_AGAIN,
  },
  usage: {
    title: "This can’t be done here",
    body: "The app asked for something it can’t do. The details say what.",
    button: DETAILS,
    move: "administrator",
  },
  workspace_secrets: {
    title: "The secrets of {platform} no longer work",
    body: "They were changed or withdrawn there. Enter the current ones; whoever manages the platform can look them up.",
    button: { label: "Replace secrets", does: "replace_secrets" },
    move: "administrator",
  },
  workspace_taken: {
    title: "This name is in use",
    body: "Another workspace is called “{name}”. Choose another name.",
    button: EDIT,
  },
  workspace_unknown: {
    title: "This workspace is gone",
    body: "It was removed in another window or terminal. Choose another one in Settings.",
    button: SETTINGS,
  },
  wrong_account: {
    title: "Another account signed in",
    body: "{found} signed in, but “{name}” belongs to {expected}. Nothing was changed.",
    button: { label: "Sign in again", does: "retry" },
  },
};

/** `provider_rejected` where it is known what was refused. */
const REFUSED: Record<NonNullable<Failure["refused"]>, ErrorCopy> = {
  client: {
    title: "{product} refused the sign-in",
    body: "Usually the identifier or the secret is wrong. Check both.",
    button: EDIT,
    move: "administrator",
  },
  key: {
    title: "{product} does not accept what was entered",
    body: "It may be incomplete or outdated. Copy it again, or make a new key there.",
    button: EDIT,
  },
  registration: {
    title: "{product} refused to register this app",
    body: "Register an app there by hand, then enter its identifier here.",
    button: EDIT,
    move: "administrator",
  },
  scope: {
    title: "{product} refused the access that was asked for",
    body: "Check the scope. The details have its own words.",
    button: EDIT,
    move: "administrator",
  },
};

/** What broke on the way to a server, where the code alone does not tell it. */
const NETWORK: Record<NonNullable<Failure["network"]>, ErrorCopy> = {
  name: {
    title: "{host} was not found",
    body: "No server is known by this name. Check the address and the connection to the internet.",
  },
  connection: {
    title: "{host} can’t be reached",
    body: "It takes no connection. Check the address and the connection to the internet, then try again.",
  },
  handshake: {
    title: "{host} can’t be reached safely",
    body: "No secure connection could be agreed on. Check the address. Something in your network may also be in the way.",
    move: "administrator",
  },
  certificate_date: {
    title: "The certificate of {host} is not valid today",
    body: "It has expired or is not valid yet, or the clock of this computer is wrong. Nothing was sent.",
    move: "administrator",
  },
  certificate_name: {
    title: "The certificate belongs to another server",
    body: "It was not made for {host}. Check the address. Nothing was sent.",
    move: "administrator",
  },
  certificate_other: {
    title: "The certificate of {host} can’t be trusted",
    body: "The details say why. Nothing was sent.",
    button: DETAILS,
    move: "administrator",
  },
  protocol: {
    title: "{host} sent something else than an answer",
    body: "Something other than a web server answers there. Check the address and its port.",
  },
  lost: {
    title: "The connection to {host} was lost",
    body: "It broke before the whole answer was there. Try again.",
  },
  timeout: {
    title: "{host} does not answer",
    body: "It took too long. Try again in a few minutes.",
  },
  proxy: {
    title: "The proxy did not lead to {host}",
    body: "The proxy of your network refused or did not answer. The details say which.",
    move: "administrator",
  },
  proxy_variable: {
    title: "The proxy can’t be used",
    body: "A setting of this computer, an environment variable, can’t be read, so nothing was sent. The details say which.",
    button: DETAILS,
    move: "administrator",
  },
};

/** `workspace_secrets` while the secrets are entered: none were accepted yet. */
export const SECRETS_REFUSED: ErrorCopy = {
  title: "{platform} does not accept these secrets",
  body: "Copy both again from its web page. They belong together: one user of one organization.",
  button: EDIT,
};

/** What ended a sign-in, where there was none: a key or a password was entered. */
export const KEY_ENDED: ErrorCopy = {
  title: "{product} no longer accepts this key",
  body: "It was changed or deleted there, or it expired. Make a new one, then replace it here.",
  button: { label: "Replace key", does: "edit" },
};

/** `wrong_account` for a key. */
export const WRONG_KEY: ErrorCopy = {
  title: "This belongs to another account",
  body: "It gives access to {found}, but “{name}” belongs to {expected}. Nothing was changed.",
};

/** A failure in words, ready to show. */
export interface FailureWords {
  title: string;
  body: string;
  /** “Your move”. */
  move: string;
  button: ButtonCopy;
}

/** The names that a sentence takes from outside the failure. */
export interface Names {
  keychain: string;
  /** The label of the hosted workspace in use. */
  platform?: string | undefined;
}

function collectFacts(failure: Failure, names: Names): Record<Fact, string | undefined> {
  const wait = failure.platform?.retry_after;
  return {
    product: failure.product ?? (names.platform === undefined ? failure.host : undefined),
    name: failure.name,
    platform: names.platform ?? failure.host,
    wait: wait === undefined ? undefined : waitWords(wait),
    port: failure.port?.toString(),
    free_port: failure.free_port?.toString(),
    report: failure.report,
    candidates: failure.candidates?.map((name) => `“${name}”`).join(", "),
    keychain: names.keychain,
    host: failure.host,
    authority: failure.issuer === undefined ? undefined : `“${failure.issuer}”`,
    clock: failure.clock_skew === undefined ? undefined : clockWords(failure.clock_skew),
    expected: failure.expected,
    found: failure.found,
  };
}

function fill(template: string, known: Record<Fact, string | undefined>): string {
  const text = template.replace(/\{(\w+)\}/g, (_, fact: Fact) => known[fact] ?? UNNAMED[fact]);
  // A host at the start of a sentence keeps its small letter.
  return text.startsWith("the ") ? `The ${text.slice(4)}` : text;
}

function chooseCopy(failure: Failure): ErrorCopy {
  if (failure.refused !== undefined) return REFUSED[failure.refused];
  return failure.network === undefined ? ERRORS[failure.code] : NETWORK[failure.network];
}

/** Puts a failure into words, with the row of its code or with another one. */
export function describeFailure(
  failure: Failure,
  names: Names,
  copy: ErrorCopy = chooseCopy(failure),
): FailureWords {
  const known = collectFacts(failure, names);
  const lacks = copy.needs !== undefined && known[copy.needs] === undefined;
  const button = (lacks ? copy.otherwise : copy.button) ?? TRY_AGAIN;
  return {
    title: fill(copy.title, known),
    body: fill(copy.body, known),
    move: fill(MOVES[copy.move ?? "user"], known),
    button: { label: fill(button.label, known), does: button.does },
  };
}

/** Lists what a hosted platform answered, for the folded details. */
export function platformDetails(failure: Failure): { label: string; text: string }[] {
  const { message, provider_message, status, request_id } = failure.platform ?? {};
  const lines: [string, string | undefined][] = [
    ["The platform said", message],
    ["The product said", provider_message],
    ["Status", status?.toString()],
    ["Request number", request_id],
  ];
  return lines.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}
