// When grey rows show in place of what is loading. parts/Skeleton.svelte draws them after 200 ms; once drawn they stay
// long enough not to flicker.

const SHOWN_FROM = 200;
const SHOWN_FOR = 400;

/** `shown` while something is loading, and for a moment longer if grey rows have just appeared. */
export function createSkeleton(loading: () => boolean): { readonly shown: boolean } {
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
