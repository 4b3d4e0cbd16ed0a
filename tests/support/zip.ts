import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/**
 * Unpacks a zip of `serverless package`. Node.js has no function for it, and not every machine a command.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function unzip(file: string, into: string): Promise<void> {
  const zip = await readFile(file);
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      zip.readUInt16LE(entry + offset),
    ) as [number, number, number];
    const nameStart = entry + 46;
    const path = join(into, zip.toString('utf8', nameStart, nameStart + nameLength));
    const header = zip.readUInt32LE(entry + 42);
    const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
    const packed = zip.subarray(start, start + zip.readUInt32LE(entry + 20));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, inflateRawSync(packed));
    entry = nameStart + nameLength + extraLength + commentLength;
  }
}
