// A second opinion on the schemas: what Ajv in strict mode says of them, and of
// documents that lupa judges too.
//
//   LUPA_NODE_MODULES=DIR/node_modules node .ci/ajv.mjs [--bundle] schema/v1 < documents
//
// Each line of input is {"kind": "School", "value": {...}}, and each line of
// output {"valid": true} or {"valid": false}. A kind without a schema makes a
// document invalid. With --bundle every document is held to the one schema for
// editors, whatever its line says. Exit 1: a schema does not compile, or a line
// is not of this form.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const require = createRequire(join(resolve(process.env.LUPA_NODE_MODULES ?? "node_modules"), "_"));
const Ajv2020 = require("ajv/dist/2020");
const addFormats = require("ajv-formats");

const { values: flags, positionals } = parseArgs({
  options: { bundle: { type: "boolean", default: false } },
  allowPositionals: true,
});
if (positionals.length !== 1) {
  console.error("usage: ajv.mjs [--bundle] DIRECTORY");
  process.exit(64);
}

const validators = compile(positionals[0]);
const bundle = validators.get("lupa");
validators.delete("lupa");
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { kind, value } = JSON.parse(line);
  const validate = flags.bundle ? bundle : validators.get(kind);
  console.log(JSON.stringify({ valid: validate !== undefined && validate(value) }));
}

// compile gives a validator for each file of the directory but the common one,
// by the name of the file.
function compile(directory) {
  const suffix = ".schema.json";
  const ajv = addFormats(new Ajv2020({ strict: true }));
  const ids = new Map();
  for (const file of readdirSync(directory).filter((name) => name.endsWith(suffix))) {
    const schema = JSON.parse(readFileSync(join(directory, file), "utf8"));
    ajv.addSchema(schema);
    ids.set(file.slice(0, -suffix.length), schema.$id);
  }
  ids.delete("common");
  if (ids.size === 0) throw new Error(`no schemas in ${directory}`);
  return new Map([...ids].map(([name, id]) => [name, ajv.getSchema(id)]));
}
