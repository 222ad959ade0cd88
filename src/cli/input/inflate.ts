import type { Inflate } from '../../input/index.ts';
import { hasCode } from '../system/io.ts';

/** Unpack bytes, by Node.js. */
export const inflate: Inflate = async (bytes, format, most) => {
  const { gunzipSync, inflateRawSync } = await import('node:zlib');
  try {
    const options = { maxOutputLength: Math.max(1, most) };
    return format === 'gzip' ? gunzipSync(bytes, options) : inflateRawSync(bytes, options);
  } catch (error) {
    return hasCode(error, 'ERR_BUFFER_TOO_LARGE') ? 'too-long' : 'damaged';
  }
};
