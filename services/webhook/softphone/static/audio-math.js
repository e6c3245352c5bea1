// Mu-law and the change of rate; the same arithmetic as tools/mic_client. Loaded by the audio thread.

const BIAS = 0x84;
const CLIP = 32635;
const HALF_WIDTH = 16; // zero crossings of the windowed sinc on each side
const PASSED = 0.91; // the share of the lower half rate that is passed
const KAISER_BETA = 7;

// A sample, -1 to 1, as mu-law. Source: ITU-T G.711.
export function encode(sample) {
  let value = Math.max(-32768, Math.min(32767, Math.round(sample * 32767)));
  const sign = value < 0 ? 0x80 : 0;
  value = Math.min(Math.abs(value), CLIP) + BIAS;
  const exponent = Math.floor(Math.log2(value)) - 7;
  return ~(sign | (exponent << 4) | ((value >> (exponent + 3)) & 0x0f)) & 0xff;
}

export const DECODED = Float32Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 0xff;
  const magnitude = (((code & 0x0f) << 3) + BIAS << ((code & 0x70) >> 4)) - BIAS;
  return (code & 0x80 ? -magnitude : magnitude) / 32768;
});

// Takes samples at one rate and gives them at another: a polyphase FIR filter that keeps its state between blocks.
export class Resampler {
  constructor(sourceHz, targetHz) {
    const common = greatestCommonDivisor(sourceHz, targetHz);
    this.up = targetHz / common;
    this.down = sourceHz / common;
    const cutoff = Math.min(1, targetHz / sourceHz) * PASSED;
    const half = Math.ceil(HALF_WIDTH / cutoff);
    this.taps = 2 * half;
    this.filters = Array.from({ length: this.up }, (_, phase) => filter(phase / this.up, half, cutoff));
    this.kept = new Float32Array(half - 1);
    this.next = 0;
  }

  push(block) {
    if (this.up === this.down) return block;
    const samples = new Float32Array(this.kept.length + block.length);
    samples.set(this.kept);
    samples.set(block, this.kept.length);
    const room = (samples.length - this.taps + 1) * this.up - this.next;
    const made = new Float32Array(Math.max(0, Math.ceil(room / this.down)));
    for (let index = 0; index < made.length; index += 1, this.next += this.down) {
      const start = Math.floor(this.next / this.up);
      const filter = this.filters[this.next % this.up];
      let sum = 0;
      for (let tap = 0; tap < this.taps; tap += 1) sum += samples[start + tap] * filter[tap];
      made[index] = sum;
    }
    const passed = Math.min(Math.floor(this.next / this.up), samples.length);
    this.kept = samples.slice(passed);
    this.next -= passed * this.up;
    return made;
  }
}

function filter(offset, half, cutoff) {
  const taps = Float32Array.from({ length: 2 * half }, (_, index) => {
    const distance = offset - (index - (half - 1));
    const window = bessel(KAISER_BETA * Math.sqrt(Math.max(0, 1 - (distance / half) ** 2)));
    const place = Math.PI * cutoff * distance;
    return window * (place === 0 ? 1 : Math.sin(place) / place);
  });
  const gain = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / gain);
}

// The modified Bessel function of order zero, as a series.
function bessel(x) {
  let sum = 1;
  for (let term = 1, k = 1; term > 1e-9 * sum; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
