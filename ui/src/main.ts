import { mount } from "svelte";
import App from "./App.svelte";
import { desktop, type Api } from "./ipc/api";
import type { Route } from "./screens/screens";
import "./styles/tokens.css";
import "./styles/base.css";

async function program(): Promise<{ api: Api; first?: Route | undefined }> {
  // MODE is a constant of the build, so the bundle of the window leaves the fake out.
  if (import.meta.env.MODE !== "production" && window.__TAURI_INTERNALS__ === undefined) {
    const { openFake } = await import("./ipc/fake/scenes");
    return openFake(new URLSearchParams(location.search));
  }
  return { api: desktop };
}

void program().then((props) => mount(App, { target: document.getElementById("app")!, props }));
