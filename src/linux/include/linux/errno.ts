/** 0, or an error number as Linux returns it: negative, except where a function says otherwise. */
export type errno = number;

export const ENOENT = 2;
export const ENXIO = 6;
export const EWOULDBLOCK = 11;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const ENOSPC = 28;
export const ERANGE = 34;
export const ETIMEDOUT = 110;
export const EPROBE_DEFER = 517;

/** "No IOMMU here", as opposed to an error; private to of_iommu.c. @linux drivers/iommu/of_iommu.c NO_IOMMU */
export const NO_IOMMU = 1;

const names: Readonly<Record<number, string>> = {
  [ENOENT]: 'ENOENT',
  [ENXIO]: 'ENXIO',
  [EWOULDBLOCK]: 'EWOULDBLOCK',
  [ENOMEM]: 'ENOMEM',
  [EFAULT]: 'EFAULT',
  [EBUSY]: 'EBUSY',
  [EEXIST]: 'EEXIST',
  [ENODEV]: 'ENODEV',
  [EINVAL]: 'EINVAL',
  [ENOSPC]: 'ENOSPC',
  [ERANGE]: 'ERANGE',
  [ETIMEDOUT]: 'ETIMEDOUT',
  [EPROBE_DEFER]: 'EPROBE_DEFER',
};

/** `-EINVAL` for -22; the number itself when it has no name here. */
export function errnoName(error: errno): string {
  const name = names[Math.abs(error)];
  if (name === undefined) return String(error);
  return error < 0 ? `-${name}` : name;
}

/** An error number in the place of a pointer. */
export class ErrPtr {
  readonly error: errno;

  constructor(error: errno) {
    this.error = error;
  }

  get text(): string {
    return errnoName(this.error);
  }
}

export function ERR_PTR(error: errno): ErrPtr {
  return new ErrPtr(error);
}

export function IS_ERR(pointer: unknown): pointer is ErrPtr {
  return pointer instanceof ErrPtr;
}
