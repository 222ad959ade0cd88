/** A value that leads to an object, which is not lost as long as somebody has it. */
export abstract class Pointing {
  abstract readonly object: object;
}
