// Loaded before the Agents Playground (`node --require`), which itself stays as shipped.
//
// It promises: the Playground listens on loopback only, connects to loopback only, answers
// only pages and programs of this machine, tells the page to load nothing from elsewhere,
// opens no browser, sends no telemetry, shows what arrived before its page was open, and ends
// when the process that started it ends, however that happens.
"use strict";

const http = require("node:http");
const net = require("node:net");

const CONVERSATION_STREAM = "/_ws_conversation/v1/conversations/stream";
const INSTALLATION = /^\/_debug\/conversation\/[^/]+\/installation$/;
// The page asks for its installation when it is drawn; the state behind it settles just after.
const PAGE_SETTLES_MS = 300;
const CONTENT_POLICY = [
  "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
  "connect-src 'self' ws://127.0.0.1:* ws://localhost:* data: blob:",
  "frame-ancestors 'none'",
  "form-action 'none'",
].join("; ");

for (const name of Object.keys(process.env)) {
  // A proxy would carry the bot's messages off this machine.
  if (/^(https?|all)_proxy$/i.test(name)) delete process.env[name];
  // The launcher says everything on the command line; nothing else may choose another file.
  if (/^(M365_AGENTS_PLAYGROUND|TEAMS_APP_TEST_TOOL)_/.test(name)) delete process.env[name];
}

Object.assign(process.env, {
  TEAMSAPPTESTER_BROWSER: "none",
  APPLICATION_INSIGHTS_NO_STATSBEAT: "1",
  APPLICATION_INSIGHTS_NO_DIAGNOSTIC_CHANNEL: "1",
});

function isLoopback(host) {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (bare === "localhost" || bare === "::1") return true;
  return net.isIPv4(bare) && bare.startsWith("127.");
}

function hostOf(authority) {
  try {
    return new URL(`http://${authority}`).hostname;
  } catch {
    return "";
  }
}

function stayOnLoopbackWhenListening() {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (...args) {
    if (typeof args[0] === "number" || /^\d+$/.test(args[0])) {
      if (typeof args[1] === "string") args[1] = "127.0.0.1";
      else args.splice(1, 0, "127.0.0.1");
    } else if (args[0] && typeof args[0] === "object" && "port" in args[0]) {
      args[0] = { ...args[0], host: "127.0.0.1" };
    }
    return listen.apply(this, args);
  };
}

function stayOnLoopbackWhenConnecting() {
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const first = Array.isArray(args[0]) ? args[0][0] : args[0];
    const options = first && typeof first === "object" ? first : { host: args[1] };
    const host = typeof options.host === "string" ? options.host : "localhost";
    if (!options.path && !isLoopback(host)) {
      process.stderr.write(`refused connection to ${host}\n`);
      process.nextTick(() => this.destroy(new Error(`connection refused to ${host}`)));
      return this;
    }
    return connect.apply(this, args);
  };
}

// Another web site open in the same browser must not be able to speak for a persona.
function isFromHere(request) {
  if (!isLoopback(hostOf(request.headers.host ?? ""))) return false;
  const origin = request.headers.origin;
  return origin === undefined || origin === `http://${request.headers.host}`;
}

// As shipped, messages of before the page was open are flushed to a page that is not ready
// yet and never show: hold the page's stream until it has asked for its installation.
function guardAndHoldServers() {
  const emit = http.Server.prototype.emit;
  const held = [];
  const release = () => {
    while (held.length > 0) held.shift()();
  };
  http.Server.prototype.emit = function (event, ...args) {
    if (event === "request") {
      const [request, response] = args;
      if (!isFromHere(request)) {
        response.writeHead(403).end();
        return true;
      }
      response.setHeader("Content-Security-Policy", CONTENT_POLICY);
      if (INSTALLATION.test(request.url)) setTimeout(release, PAGE_SETTLES_MS);
    }
    if (event === "upgrade") {
      const [request, socket] = args;
      if (!isFromHere(request)) {
        socket.destroy();
        return true;
      }
      if (request.url === CONVERSATION_STREAM) {
        held.push(() => socket.destroyed || emit.call(this, event, ...args));
        return true;
      }
    }
    return emit.call(this, event, ...args);
  };
}

// Standard input is a pipe of the launcher: it closes when the launcher dies, even by SIGKILL.
function endWithLauncher() {
  process.stdin.on("end", () => process.exit(0));
  process.stdin.on("error", () => process.exit(0));
  process.stdin.resume();
}

stayOnLoopbackWhenListening();
stayOnLoopbackWhenConnecting();
guardAndHoldServers();
endWithLauncher();
