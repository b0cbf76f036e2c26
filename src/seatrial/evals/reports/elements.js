"use strict";
// Elements, states and numbers as the page writes them. Text reaches the page through textContent alone.

const $ = (id) => document.getElementById(id);

function el(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

function icon(name, kind = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `${kind} ${name}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

// What a person or a model wrote: kept apart from the direction and the line breaks of the text around it.
const quoted = (text) => el("bdi", { text });
const said = (text) => el("div", { class: "said", dir: "auto", text });

const STATES = ["fail", "error", "unscored", "pass"];
const STATE_WORDS = { pass: "Passed", fail: "Failed", error: "Error", unscored: "Unscored" };
const knownState = (state) => (Object.hasOwn(STATE_WORDS, state) ? state : "error");

function badge(state) {
  const known = knownState(state);
  return el("span", { class: `badge ${known}` }, icon(known), STATE_WORDS[known]);
}

const WHOLE = new Intl.NumberFormat("en-US");
const THREE_DIGITS = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const MONEY = new Intl.NumberFormat("en-US", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const FOUR_DIGITS = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

const count = (number) => WHOLE.format(number ?? 0);
const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

// A rate rounds to 0 or 100 only where it is that: 9,999 of 10,000 is not "100 %".
function percent(share) {
  const rounded = (100 * share).toFixed(1);
  if (rounded !== "0.0" && rounded !== "100.0") return rounded;
  const nearest = Math.round(share);
  if (Math.abs(share - nearest) < 1e-9) return String(100 * nearest);
  return nearest ? "over 99.9" : "under 0.1";
}

function milliseconds(value) {
  if (value === null || value === undefined) return "";
  if (value >= 1000) return `${THREE_DIGITS.format(value / 1000)} s`;
  return value >= 10 ? `${Math.round(value)} ms` : `${THREE_DIGITS.format(value)} ms`;
}

function duration(seconds) {
  if (seconds < 60) return `${THREE_DIGITS.format(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function dollars(usd) {
  if (usd === null || usd === undefined) return "";
  return usd >= 1 ? `$${usd.toFixed(2)}` : `$${MONEY.format(usd)}`;
}

const nanoDollars = (nusd) => (nusd === null || nusd === undefined ? "" : dollars(nusd / 1e9));
