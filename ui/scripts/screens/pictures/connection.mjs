// The screen of one connection, and signing in to it again.
import {
  click,
  failure,
  fill,
  press,
  pressExactly,
  pressFirst,
  see,
  seeHeading,
  seeText,
  steps,
  toEnd,
} from "../steps.mjs";

const showDetails = steps((page) => page.getByRole("tab", { name: "curl" }).click(), click("summary"), toEnd);

export default {
  connection: { query: "scene=many&screen=connection&id=c1" },
  "connection-details": { query: "scene=many&screen=connection&id=c1", act: showDetails },
  "connection-attention": { query: "scene=many&screen=connection&id=c3" },
  "connection-long": { query: "scene=long-names&screen=connection&id=c1" },
  "connection-rename": { query: "scene=many&screen=connection&id=c1", act: press("Rename…") },
  "connection-remove": { query: "scene=many&screen=connection&id=c1", act: press("Remove…") },
  "connection-remove-page": { query: "scene=troubled&screen=connection&id=c4", act: press("Remove…") },
  "connection-remove-stays": { query: "scene=troubled&screen=connection&id=c2", act: press("Remove…") },
  "connection-testing": {
    query: "scene=many&screen=connection&id=c1&refuse=test:never",
    act: pressExactly("Test"),
  },
  "connection-tested": {
    query: "scene=many&screen=connection&id=c1",
    act: steps(pressExactly("Test"), see(".tested")),
  },
  "connection-test-failed": {
    query: "scene=many&screen=connection&id=c1&refuse=test:provider_unreachable",
    act: steps(pressExactly("Test"), failure),
  },
  "connection-retrying": { query: "scene=troubled&screen=connection&id=c1" },
  "connection-retrying-stopped": { query: "scene=troubled&screen=connection&id=c5" },
  "connection-needs-settings": { query: "scene=troubled&screen=connection&id=c3" },
  "connection-missing": { query: "scene=troubled&screen=connection&id=c4" },
  "connection-renew": {
    query: "scene=troubled&screen=connection&id=c4",
    act: (page) => page.getByRole("button", { name: "Renew now" }).scrollIntoViewIfNeeded(),
  },
  "connection-tags": {
    query: "scene=many&screen=connection&id=c4",
    act: steps(fill("Add a tag", "sales"), pressExactly("Add")),
  },
  "connection-hosted": { query: "scene=hosted&screen=connection&id=h1" },
  "connection-hosted-details": { query: "scene=hosted&screen=connection&id=h1", act: showDetails },
  "connection-hosted-attention": { query: "scene=hosted&screen=connection&id=h3" },
  "connection-hosted-off": { query: "scene=hosted&screen=connection&id=h4" },
  "connection-hosted-remove": { query: "scene=hosted&screen=connection&id=h1", act: press("Remove…") },
  "connection-hosted-rename": { query: "scene=hosted&screen=connection&id=h1", act: press("Rename…") },
  "connection-secrets-refused": { query: "scene=hosted-refused&screen=connection&id=h1" },

  "connection-key": { query: "scene=keys&screen=connection&id=k1" },
  "connection-key-ended": { query: "scene=keys&screen=connection&id=k2" },
  "connection-key-ends": { query: "scene=keys&screen=connection&id=k4" },
  "connection-key-over": { query: "scene=keys&screen=connection&id=k5" },
  "connection-key-replace": {
    query: "scene=keys&screen=connection&id=k2",
    act: steps(pressFirst("Replace key"), seeHeading("Replace the key")),
  },
  "connection-key-remove": { query: "scene=keys&screen=connection&id=k1", act: press("Remove…") },
  "connection-other-way": { query: "scene=keys&screen=connection&id=k3" },

  "again-waiting": {
    query: "scene=hosted&screen=connection&id=h3&finish=60000",
    act: steps(press("Sign in again"), seeHeading("Finish in your browser")),
  },
  "again-missing": {
    query: "scene=hosted&screen=connection&id=h3&refuse=connect:form_invalid",
    act: steps(press("Sign in again"), seeText("Something is missing")),
  },
  "again-changed": {
    query: "scene=hosted&screen=connection&id=h4",
    act: steps(press("Replace key"), seeText("What has changed?")),
  },
};
