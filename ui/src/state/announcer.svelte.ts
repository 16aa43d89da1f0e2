// What the live region says. The region itself stands in the page from the start (App.svelte): one that is added
// together with its text is not read.

export class Announcer {
  text = $state("");
  #odd = false;

  say(sentence: string): void {
    // The same sentence twice is only read twice if the text differs; a zero-width space is not spoken.
    this.#odd = !this.#odd;
    this.text = this.#odd ? sentence : `${sentence}\u200b`;
  }
}
