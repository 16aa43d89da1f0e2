// When parts/Skeleton.svelte takes the place of what is loading. Once drawn it stays long enough not to flicker.

const SHOWN_FROM = 200;
const SHOWN_FOR = 400;

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
