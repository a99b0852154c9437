"use strict";
// Making elements. All text goes in as text: a label is never read as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) value && node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

/** An HTML element: make("p", { class: "note" }, "text", make("b", {}, "more")). */
function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** An SVG element. */
function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Words in which names have their subscripts lowered: W_xh, h_{t-1}. */
const lowered = (text) => text.split(/_(\{[^{}]*\}|[A-Za-z0-9]{1,4}(?![A-Za-z0-9_]))/).map((part, k) => (k % 2 ? make("sub", {}, part.replace(/[{}]/g, "")) : part));

const find = (id) => document.getElementById(id);

/** Say something to those who listen to the page instead of looking at it. */
function say(text) {
  find("speech").textContent = text;
}
