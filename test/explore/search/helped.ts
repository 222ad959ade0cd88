import {
  type ExploreOptions,
  Explorer,
  type explore,
  Piece,
  type Program,
} from '../../../src/explore/index.ts';

/** How much is explored before a branch is given away, and how much of the branch at once. */
export interface Rhythm {
  readonly before: number;
  readonly ahead: number;
  readonly ripe: number;
}

/** Explore with a helper that is handed branches all the time, and is stopped anywhere in them. */
export function withHelper(
  program: Program,
  { before, ahead, ripe }: Rhythm,
  options: ExploreOptions,
): { outcome: ReturnType<typeof explore>; taken: number } {
  const explorer = new Explorer(program, options);
  let taken = 0;
  const held = new Map<number, Piece>();
  while (!explorer.run(before)) {
    const next = explorer.ahead(ripe);
    if (next !== null) {
      const sent = JSON.parse(JSON.stringify(next.piece));
      const piece = new Piece(program, sent, options);
      piece.run(ahead);
      held.set(next.number, piece);
    }
    for (const [number, piece] of held) {
      if (explorer.wants(number) && explorer.meets !== number) {
        piece.run(1);
        continue;
      }
      if (explorer.wants(number) && piece.executions > 0) taken++;
      explorer.deliver(number, JSON.parse(JSON.stringify(piece.save())));
      held.delete(number);
    }
  }
  return { outcome: explorer.outcome(), taken };
}
