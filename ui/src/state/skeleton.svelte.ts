// When rows of grey stand in for what is loading. parts/Skeleton.svelte draws them after 200 ms; once they have
// appeared they stay long enough to be no flicker.

const SHOWN_FROM = 200;
const SHOWN_FOR = 400;

/** True while something is loading, and for a moment longer if grey rows have just appeared. */
export function skeleton(loading: () => boolean): { readonly shown: boolean } {
  let held = $state(false);
  $effect(() => {
    if (!loading()) return;
    const appear = setTimeout(() => {
      held = true;
      setTimeout(() => (held = false), SHOWN_FOR);
    }, SHOWN_FROM);
    return () => clearTimeout(appear);
  });
  return {
    get shown() {
      return loading() || held;
    },
  };
}
