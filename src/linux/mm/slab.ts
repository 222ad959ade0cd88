/** Sizes the slab allocator has objects of. @linux mm/slab_common.c kmalloc_info */
const slabSizes = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192];

/** What an allocation of `size` bytes really gets: `krealloc()` moves nothing up to there. */
export function slabSize(size: number): number {
  return slabSizes.find((slab) => slab >= size) ?? Math.ceil(size / 4096) * 4096;
}
