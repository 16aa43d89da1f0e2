// A sign-in that is under way, and each way in which it can end.
import { failure, fill, fillBox, invalid, open, press, steps, toEnd } from "../steps.mjs";

const CODES = [
  "access_denied",
  "callback_busy",
  "callback_timeout",
  "certificate_untrusted",
  "clock_wrong",
  "internal",
  "issuer_mismatch",
  "port_in_use",
  "provider_bad_response",
  "provider_rejected",
  "provider_unreachable",
  "redirect_mismatch",
  "state_mismatch",
];
/** These show below a field, once the form is sent. */
const FORM_CODES = ["form_invalid", "name_taken"];

const sendForm = steps(
  fill("Zendesk address", "acme"),
  fill("Identifier", "keyrack"),
  fillBox("Secret", "abc"),
  press("Continue in browser"),
  invalid,
);
const comparing = (address) =>
  steps(
    open("The page in the browser shows an error"),
    fill("Address registered at Zendesk", address),
    toEnd,
  );

export default {
  waiting: { query: "scene=waiting" },
  "waiting-late": { query: "scene=waiting-late" },
  "waiting-stray": { query: "scene=waiting-stray" },
  "waiting-link": { query: "scene=waiting-link" },
  "waiting-paste": { query: "scene=paste-only" },
  "waiting-paste-wrong": {
    query: "scene=paste-only",
    act: steps(fill("Paste the address here", "https://www.mycoolapp.com/"), press("Continue")),
  },
  "waiting-code": { query: "scene=waiting-code" },
  "waiting-error-page": {
    query: "scene=waiting",
    act: comparing("https://127.0.0.1:14747/callback/zendesk/"),
  },
  "waiting-error-page-same": {
    query: "scene=waiting",
    act: comparing("http://localhost:14747/callback/zendesk"),
  },
  finishing: { query: "scene=finishing" },
  unsaved: { query: "scene=unsaved" },
  "unsaved-discard": { query: "scene=unsaved", act: press("Discard") },
  "wrong-account": { query: "scene=wrong-account" },
  "failed-provider_rejected-details": {
    query: "scene=failed-provider_rejected",
    act: steps(failure, open("Details")),
  },
  ...Object.fromEntries(CODES.map((code) => [`failed-${code}`, { query: `scene=failed-${code}` }])),
  ...Object.fromEntries(
    FORM_CODES.map((code) => [`failed-${code}`, { query: `scene=failed-${code}`, act: sendForm }]),
  ),
};
