/**
 * An object that is still being put together. One that is spread out of parts takes several times the
 * memory of one that is written out and added to, and large machines have tens of thousands.
 */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };
