// A telephone in the page: it plays Twilio's part on the media stream, with the browser's microphone and loudspeaker.

const RATE_HZ = 8000;
const POLL_MS = 700;
const SPEAKS = 0.008; // loudness (root mean square, full scale is 1) from which somebody speaks
const element = (id) => document.getElementById(id);
const keys = [...document.querySelectorAll("[data-key]")];

class Call {
  constructor(invitation) {
    this.invitation = invitation;
    this.identity = { streamSid: sid("MZ"), callSid: invitation.call_sid, accountSid: `AC${"0".repeat(32)}` };
    this.sequence = 0;
    this.chunk = 0;
    this.counts = { frames: 0, marks: 0, clears: 0 };
    this.ended = new Promise((resolve) => { this.end = resolve; });
  }

  async open() {
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: microphoneWishes() });
    this.context = await audioContext(this.stream);
    await this.context.audioWorklet.addModule("/softphone/static/phone-worklet.js");
    this.phone = new AudioWorkletNode(this.context, "phone", { outputChannelCount: [1] });
    this.gain = new GainNode(this.context, { gain: Number(element("gain").value) });
    this.phone.port.onmessage = ({ data }) => this.takeFromPhone(data);
    await this.context.resume();
    this.socket = new WebSocket(this.invitation.stream);
    this.socket.onmessage = ({ data }) => this.takeFromServer(JSON.parse(data));
    this.socket.onclose = (event) => this.close(event.code === 1000 ? "The bot hung up." : `The line broke (${event.code} ${event.reason}).`);
    await new Promise((resolve, reject) => {
      this.socket.onopen = resolve;
      this.socket.onerror = () => reject(new Error("the media stream was refused"));
    });
    this.socket.send(JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }));
    const { streamSid, callSid, accountSid } = this.identity;
    this.send("start", {
      accountSid, streamSid, callSid, tracks: ["inbound"], customParameters: this.invitation.parameters,
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: RATE_HZ, channels: 1 },
    });
    this.context.createMediaStreamSource(this.stream).connect(this.phone).connect(this.gain).connect(this.context.destination);
  }

  send(event, content) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.sequence += 1;
    const streamSid = this.identity.streamSid;
    this.socket.send(JSON.stringify({ event, sequenceNumber: String(this.sequence), [event]: content, streamSid }));
  }

  press(digit) {
    this.send("dtmf", { track: "inbound_track", digit });
  }

  takeFromPhone(told) {
    if (told.frame) {
      this.chunk += 1;
      this.counts.frames += 1;
      const payload = btoa(String.fromCharCode(...told.frame));
      this.send("media", { track: "inbound", chunk: String(this.chunk), timestamp: String(this.chunk * 20), payload });
    } else if (told.marks) {
      // heard only when the sound has left the device
      setTimeout(() => this.echo(told.marks), (this.context.outputLatency || this.context.baseLatency || 0) * 1000);
    } else {
      showLevels(told.mic, told.bot);
    }
  }

  echo(names) {
    for (const name of names) {
      this.counts.marks += 1;
      this.send("mark", { name });
    }
  }

  takeFromServer(message) {
    if (message.streamSid !== this.identity.streamSid) return;
    if (message.event === "media") {
      this.phone.port.postMessage({ play: Uint8Array.from(atob(message.media.payload), (letter) => letter.charCodeAt(0)) });
    } else if (message.event === "mark") {
      this.phone.port.postMessage({ mark: message.mark.name });
    } else if (message.event === "clear") {
      this.counts.clears += 1;
      this.phone.port.postMessage({ clear: true });
    }
  }

  hangUp() {
    this.send("stop", { accountSid: this.identity.accountSid, callSid: this.identity.callSid });
    this.close("You hung up.");
  }

  close(why) {
    this.socket?.close();
    this.stream?.getTracks().forEach((track) => track.stop());
    if (this.context && this.context.state !== "closed") this.context.close();
    this.end(why);
  }
}

// `?raw` leaves the browser's own processing of the microphone away.
function microphoneWishes() {
  const isOn = !new URLSearchParams(location.search).has("raw");
  return { channelCount: 1, echoCancellation: isOn, noiseSuppression: isOn, autoGainControl: isOn };
}

// At 8 kHz where the browser joins a microphone of another rate to it, else at the device's rate; the worklet changes it.
async function audioContext(stream) {
  const isNative = new URLSearchParams(location.search).get("rate") === "native";
  if (!isNative) {
    const context = new AudioContext({ sampleRate: RATE_HZ });
    try {
      context.createMediaStreamSource(stream);
      return context;
    } catch (problem) {
      console.info("8 kHz refused, resampling instead:", problem.name);
      await context.close();
    }
  }
  return new AudioContext();
}

function sid(prefix) {
  return prefix + [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function showLevels(mic, bot) {
  element("mic-level").value = meterValue(mic);
  element("bot-level").value = meterValue(bot);
  const who = bot > SPEAKS ? "the bot" : mic > SPEAKS ? "you" : "nobody";
  if (element("speaker").textContent !== who) element("speaker").textContent = who;
}

function meterValue(loudness) {
  return Math.max(0, Math.min(100, 100 + 40 * Math.log10(Math.max(loudness, 1e-5) * 3)));
}

function say(text) {
  element("status").textContent = text;
}

function showTurns(turns) {
  const list = element("transcript");
  turns.forEach((turn, index) => {
    const who = turn.speaker === "agent" ? "Bot" : "You";
    const text = `${who}: ${turn.text}${turn.interrupted ? " (interrupted)" : ""}`;
    const item = list.children[index] ?? list.appendChild(document.createElement("li"));
    if (item.textContent !== text) item.textContent = text;
    item.lang = element("language").value;
    item.className = turn.speaker === "agent" ? "bot" : "you";
  });
}

async function ask(method, path, body) {
  const headers = body ? { "content-type": "application/json" } : {};
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), keepalive: method === "POST" });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

async function follow(call) {
  let isOver = false;
  call.ended.then(() => { isOver = true; });
  while (!isOver) {
    showTurns((await ask("GET", call.invitation.call)).turns);
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
  }
}

async function conclude(call, why) {
  await ask("POST", `${call.invitation.call}/end`);
  for (let tries = 0; tries < 20; tries += 1) {
    const state = await ask("GET", call.invitation.call);
    showTurns(state.turns);
    if (state.status === "finished") {
      const how = state.channel ? `, by ${state.channel}` : "";
      say(`${why} Outcome: ${state.outcome === "withdrawn" ? "none" : state.outcome}${how}.`);
      break;
    }
    await new Promise((resolve) => { setTimeout(resolve, 300); });
  }
  const { frames, marks, clears } = call.counts;
  element("figures").textContent = `${frames} frames sent, ${marks} marks echoed, ${clears} interruptions.`;
}

let current = null;

async function start() {
  element("start").disabled = true;
  element("transcript").replaceChildren();
  element("figures").textContent = "";
  say("Calling…");
  let call = null;
  try {
    call = new Call(await ask("POST", "/softphone/calls", { language: element("language").value }));
    current = call;
    await call.open();
    say("In the call. Speak, or press a key.");
    setInCall(true);
    follow(call).catch((problem) => console.info("no transcript:", problem.message));
    const why = await call.ended;
    setInCall(false);
    await conclude(call, why);
  } catch (problem) {
    call?.close("");
    if (call) await ask("POST", `${call.invitation.call}/end`).catch(() => {});
    say(advice(problem));
  }
  current = null;
  setInCall(false);
}

function advice(problem) {
  switch (problem.name) {
    case "NotAllowedError": return "The microphone is not allowed: allow it for this page in the address bar, then call again.";
    case "NotFoundError": return "There is no microphone: plug one in (Linux: `arecord -l` lists them), then call again.";
    case "NotReadableError": return "The microphone is in use by another program: close that, then call again.";
    default: return `The call did not come about: ${problem.message}.`;
  }
}

function setInCall(isInCall) {
  element("start").disabled = isInCall;
  element("hang-up").disabled = !isInCall;
  element("language").disabled = isInCall;
  for (const key of keys) key.disabled = !isInCall;
  if (!isInCall) showLevels(0, 0);
}

element("start").addEventListener("click", start);
element("hang-up").addEventListener("click", () => current?.hangUp());
element("gain").addEventListener("input", ({ target }) => {
  element("gain-value").textContent = `${Number(target.value).toFixed(1)}×`;
  if (current?.gain) current.gain.gain.value = Number(target.value);
});
for (const key of keys) key.addEventListener("click", () => current?.press(key.dataset.key));
document.addEventListener("keydown", ({ key, target }) => {
  if (current?.gain && !["SELECT", "INPUT"].includes(target.tagName) && /^[0-9*#]$/.test(key)) current.press(key);
});
addEventListener("pagehide", () => { if (current) navigator.sendBeacon(`${current.invitation.call}/end`); });
