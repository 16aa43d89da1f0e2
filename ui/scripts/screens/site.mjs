// Serves the window on the fake, and the two pages that the browser shows at the end of a sign-in.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../dist-fake", import.meta.url));
const PAGES = fileURLToPath(new URL("../../../src-tauri/pages", import.meta.url));

// As in tauri.conf.json, so that a style attribute or an inline script is found here and not in the window.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2" };

/** Fills in the templates of the browser's pages with samples, as Rust does with real values. */
async function browserPages() {
  const read = (name) => readFile(join(PAGES, name), "utf8");
  const [style, result, consent] = await Promise.all(["style.css", "result.html", "consent.html"].map(read));
  const fill = (page, values) =>
    page.replace(/\{\{(\w+)\}\}/g, (whole, key) => values[key] ?? (key === "style" ? style : whole));
  return {
    "page-ok": fill(result, {
      title: "Keyrack",
      tone: "ok",
      heading: "Zendesk is connected",
      text: "This page can be closed.",
    }),
    "page-problem": fill(result, {
      title: "Keyrack",
      tone: "problem",
      heading: "Zendesk was not connected",
      text: "Return to the app to see why.",
    }),
    "page-consent": fill(consent, {
      product: "Zendesk",
      initials: "ZD",
      app: "Keyrack",
      account: "maria@acme.example",
      access:
        "<li>Reading and writing tickets, people and organizations</li><li>Staying connected until it is removed here</li>",
      action: "/decision",
      request: "r1",
    }),
  };
}

/** Starts the server; `pages` are the names of the browser's pages. */
export async function openSite() {
  const pages = await browserPages();
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const page = pages[path.slice(1)];
    if (path === "/favicon.ico") response.writeHead(204).end();
    else if (page) response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page);
    else {
      const file = normalize(path === "/" ? "/index.html" : path);
      const type = TYPES[extname(file)] ?? "text/plain";
      await readFile(join(DIST, file)).then(
        (body) =>
          response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": POLICY }).end(body),
        () => response.writeHead(404).end(),
      );
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${server.address().port}`;
  return { base, pages: Object.keys(pages), close: () => server.close() };
}
