// Whether the system has any network at all. It says nothing about a product being reachable.
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
