"use strict";
// Builds the page from the OpenAPI document. Text only ever enters as text, never as markup.

function element(name, text, attributes) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  Object.assign(made, attributes || {});
  return made;
}

function resolved(api, schema, seen) {
  if (Array.isArray(schema)) return schema.map((one) => resolved(api, one, seen));
  if (schema === null || typeof schema !== "object") return schema;
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    if (seen.includes(name)) return { $ref: name };
    return resolved(api, api.components.schemas[name], [...seen, name]);
  }
  const plain = {};
  for (const [key, value] of Object.entries(schema)) plain[key] = resolved(api, value, seen);
  return plain;
}

function content(api, title, of) {
  const parts = [];
  for (const [media, { schema }] of Object.entries((of && of.content) || {})) {
    parts.push(element("p", title + " — " + media));
    if (schema) parts.push(element("pre", JSON.stringify(resolved(api, schema, []), null, 2)));
  }
  return parts;
}

function parameters(operation) {
  const table = element("table");
  for (const one of operation.parameters || []) {
    const row = element("tr");
    row.append(element("td", one.name), element("td", one.in + (one.required ? ", required" : "")));
    row.append(element("td", one.description || (one.schema && one.schema.description) || ""));
    table.append(row);
  }
  return table;
}

function shown(api, path, method, operation) {
  const box = element("details", undefined, { className: "operation" });
  const head = element("summary");
  head.append(element("span", method.toUpperCase(), { className: "method" }), element("code", path));
  head.append(element("span", operation.summary || "", { className: "words" }));
  box.append(head, element("p", operation.description || ""), parameters(operation));
  box.append(...content(api, "Request", operation.requestBody));
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (status !== "default") box.append(...content(api, "Answer " + status, answer));
  }
  return box;
}

function fill(api) {
  const about = document.getElementById("about");
  about.replaceChildren(element("span", api.info.description + " "));
  about.append(element("a", "The OpenAPI document", { href: "/api/openapi.json" }));
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = (operation.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, element("section"));
      const group = groups.get(tag);
      if (!group.childElementCount) group.append(element("h2", tag));
      group.append(shown(api, path, method, operation));
    }
  }
  document.getElementById("operations").append(...groups.values());
  for (const [code, sentence] of Object.entries(api.info["x-codes"])) {
    document.getElementById("errors").append(element("dt", code, { id: code }), element("dd", sentence));
  }
}

document.getElementById("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const box of document.querySelectorAll("details.operation")) {
    box.hidden = !box.firstChild.textContent.toLowerCase().includes(wanted);
  }
});

fetch("/api/openapi.json").then((answer) => answer.json()).then(fill);
