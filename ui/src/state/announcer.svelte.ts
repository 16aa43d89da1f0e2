// The text of the live region, which App.svelte shows from the start: screen readers skip one that arrives with its text.

export class Announcer {
  text = $state("");
  #odd = false;

  say(sentence: string): void {
    // Screen readers skip an unchanged text. A zero-width space changes it without being spoken.
    this.#odd = !this.#odd;
    this.text = this.#odd ? sentence : `${sentence}\u200b`;
  }
}
