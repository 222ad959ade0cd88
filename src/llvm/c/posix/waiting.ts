/** Who waits for a condition, and how many of whom may go on. */
export class Waiting {
  /** The ticket that the next one gets. */
  readonly next: number;
  readonly tickets: readonly number[];
  /** For each signal: whoever has a ticket below this can take it. */
  readonly signals: readonly number[];

  constructor(next = 0, tickets: readonly number[] = [], signals: readonly number[] = []) {
    this.next = next;
    this.tickets = tickets;
    this.signals = signals;
  }

  get text(): string {
    return `${this.tickets.length} waiting, ${this.signals.length} signalled`;
  }

  come(): Waiting {
    return new Waiting(this.next + 1, [...this.tickets, this.next], this.signals);
  }

  signal(): Waiting {
    if (this.tickets.length === this.signals.length) return this;
    return new Waiting(this.next, this.tickets, [...this.signals, this.next]);
  }

  broadcast(): Waiting {
    return new Waiting(
      this.next,
      this.tickets,
      this.tickets.map(() => this.next),
    );
  }

  mayGo(ticket: number): boolean {
    return this.signals.some((below) => ticket < below);
  }

  go(ticket: number): Waiting {
    if (!this.mayGo(ticket)) return this;
    const taken = this.signals.findIndex((below) => ticket < below);
    return new Waiting(
      this.next,
      this.tickets.filter((other) => other !== ticket),
      this.signals.filter((_, i) => i !== taken),
    );
  }
}
