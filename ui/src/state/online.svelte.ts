// Whether the system has any network. A product may be unreachable all the same.
import { createSubscriber } from "svelte/reactivity";

const subscribe = createSubscriber((update) => {
  window.addEventListener("online", update);
  window.addEventListener("offline", update);
  return () => {
    window.removeEventListener("online", update);
    window.removeEventListener("offline", update);
  };
});

export const network = {
  get offline(): boolean {
    subscribe();
    return !navigator.onLine;
  },
};
