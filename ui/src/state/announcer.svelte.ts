// The text of the live region. The region is in the page from the start (App.svelte): screen readers skip a region that
// arrives together with its text.

export class Announcer {
  text = $state("");
  #odd = false;

  say(sentence: string): void {
    // Screen readers skip an unchanged text. A zero-width space changes it without being spoken.
    this.#odd = !this.#odd;
    this.text = this.#odd ? sentence : `${sentence}\u200b`;
  }
}
