import { createHash } from 'node:crypto';

/**
 * Which texts have been seen, at 8 bytes each (16 to 32 with the room to find them): a fingerprint of 64 bits, so that
 * a million texts are mistaken for each other once in 37 million imports.
 */
export class SeenValues {
  private slots = new Uint32Array(2 * 1024);
  private size = 0;

  /** Whether the text was new. */
  add(text: string): boolean {
    const digest = createHash('sha256').update(text).digest();
    // 0 marks a free slot.
    return this.insert(digest.readUInt32LE(0) || 1, digest.readUInt32LE(4));
  }

  private insert(high: number, low: number): boolean {
    if (this.size * 4 >= this.slots.length) this.grow();
    const capacity = this.slots.length / 2;
    for (let slot = low % capacity; ; slot = (slot + 1) % capacity) {
      const at = 2 * slot;
      if (this.slots[at] === high && this.slots[at + 1] === low) return false;
      if (this.slots[at] !== 0) continue;
      this.slots[at] = high;
      this.slots[at + 1] = low;
      this.size += 1;
      return true;
    }
  }

  private grow(): void {
    const full = this.slots;
    this.slots = new Uint32Array(2 * full.length);
    this.size = 0;
    for (let at = 0; at < full.length; at += 2) {
      if (full[at] !== 0) this.insert(full[at], full[at + 1]);
    }
  }
}
