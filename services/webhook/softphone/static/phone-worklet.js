// The telephone in the audio thread: microphone in frames of 20 ms mu-law, the bot's play buffer, marks where they stand.
// The audio clock itself paces both sides; a microphone that gives nothing is silence.

import { DECODED, Resampler, encode } from "./audio-math.js";

const RATE_HZ = 8000;
const FRAME = 160;
const LEVELS_EVERY = 800; // samples at 8 kHz: ten times a second
const SILENCE = new Float32Array(128);

class Phone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.fromMic = new Resampler(sampleRate, RATE_HZ);
    this.toSpeaker = new Resampler(RATE_HZ, sampleRate);
    this.frame = new Uint8Array(FRAME);
    this.filled = 0;
    this.queue = []; // Uint8Array of mu-law, or { mark: name }
    this.at = 0; // the first unplayed sample of queue[0]
    this.ready = new Float32Array(0); // for the loudspeaker, at its rate
    this.micSum = 0;
    this.botSum = 0;
    this.counted = 0;
    this.port.onmessage = ({ data }) => this.take(data);
  }

  take(order) {
    if (order.play) this.queue.push(order.play);
    if (order.mark !== undefined) this.queue.push({ mark: order.mark });
    if (order.clear) {
      const names = this.queue.filter((entry) => entry.mark !== undefined).map((entry) => entry.mark);
      this.queue = [];
      this.at = 0;
      this.ready = new Float32Array(0);
      if (names.length) this.port.postMessage({ marks: names });
    }
  }

  process(inputs, outputs) {
    const output = outputs[0][0];
    this.record(this.fromMic.push(inputs[0][0] ?? SILENCE.subarray(0, output.length)));
    while (this.ready.length < output.length) {
      const missing = Math.max(1, Math.round(((output.length - this.ready.length) * RATE_HZ) / sampleRate));
      this.ready = joined(this.ready, this.toSpeaker.push(this.pull(missing)));
    }
    output.set(this.ready.subarray(0, output.length));
    this.ready = this.ready.slice(output.length);
    return true;
  }

  record(samples) {
    for (const sample of samples) {
      this.micSum += sample * sample;
      this.frame[this.filled] = encode(sample);
      this.filled += 1;
      if (this.filled === FRAME) {
        this.port.postMessage({ frame: this.frame.slice() });
        this.filled = 0;
      }
    }
    this.counted += samples.length;
    if (this.counted >= LEVELS_EVERY) {
      this.port.postMessage({ mic: Math.sqrt(this.micSum / this.counted), bot: Math.sqrt(this.botSum / this.counted) });
      this.micSum = this.botSum = this.counted = 0;
    }
  }

  // The next samples of the bot, silence where it has said nothing; marks are told when all before them has been pulled.
  pull(count) {
    const pulled = new Float32Array(count);
    const marks = [];
    let done = 0;
    while (this.queue.length) {
      const entry = this.queue[0];
      if (entry.mark !== undefined) {
        marks.push(entry.mark);
        this.queue.shift();
        continue;
      }
      if (done === count) break;
      const taken = Math.min(count - done, entry.length - this.at);
      for (let index = 0; index < taken; index += 1) pulled[done + index] = DECODED[entry[this.at + index]];
      done += taken;
      this.at += taken;
      if (this.at === entry.length) {
        this.queue.shift();
        this.at = 0;
      }
    }
    for (const sample of pulled) this.botSum += sample * sample;
    if (marks.length) this.port.postMessage({ marks });
    return pulled;
  }
}

function joined(first, second) {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

registerProcessor("phone", Phone);
