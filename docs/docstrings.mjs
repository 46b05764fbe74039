import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * What the sources of a folder say of each class and its members.
 * @param {string} folder
 * @returns {Map<string, { text: string | undefined, members: Map<string, string> }>} by the name of the class
 */
export function docstringsOf(folder) {
  const docs = new Map();
  for (const file of globSync('**/*.ts', { cwd: folder, exclude: ['**/*.test.ts', '**/*.contract.ts', '**/testing/**'] })) {
    const source = ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.Latest, true);
    for (const one of source.statements.filter(ts.isClassDeclaration)) {
      const members = one.members.flatMap((member) => {
        const text = textOf(member);
        return text === undefined || member.name === undefined ? [] : [[member.name.getText(source), text]];
      });
      docs.set(one.name?.text, { text: textOf(one), members: new Map(members) });
    }
  }
  return docs;
}

function textOf(node) {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return doc && ts.getTextOfJSDocComment(doc.comment)?.replace(/\s+/g, ' ').trim();
}
