// Holds job postings against schema.org's own definition: schema-dts has it as
// types, so each posting is written as a constant of the type JobPosting and
// TypeScript's compiler says which of them are none.
//
// Given {postings: [{name, json}, …]}, or the name of a file with that in
// `file', it answers {wrong: {name: [what, …]}}.

import { readFileSync, writeFileSync, rmSync, mkdirSync } from 'node:fs';
import ts from 'typescript';

const given = JSON.parse(process.env.RB_PEER);
const { postings } = given.file
    ? JSON.parse(readFileSync(given.file, 'utf8')) : given;

const folder = `.postings-${process.pid}`;
const file = `${folder}/postings.ts`;

const lines = ["import type { JobPosting, WithContext } from 'schema-dts';"];

// a constant a line, so that a line's number is a posting's

for (const [i, posting] of postings.entries()) {
    lines.push(`export const p${i}: WithContext<JobPosting> = ${posting.json};`);
}

mkdirSync(folder);
writeFileSync(file, lines.join('\n'));

const program = ts.createProgram([file], {
    noEmit: true, strict: true, skipLibCheck: true, types: [],
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
});

const wrong = {};

for (const found of ts.getPreEmitDiagnostics(program)) {
    const text = ts.flattenDiagnosticMessageText(found.messageText, ' ');
    const line = found.file?.fileName.endsWith('postings.ts')
        ? found.file.getLineAndCharacterOfPosition(found.start).line : 0;
    const name = line ? postings[line - 1].name : 'all of them';

    (wrong[name] ??= []).push(text);
}

rmSync(folder, { recursive: true });
process.stdout.write(`${JSON.stringify({ wrong, looked: postings.length })}\n`);
