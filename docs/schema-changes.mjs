/**
 * What a schema of a message does to those who write and read the version that it describes. Within a version only optional
 * members are added, to the message and to the objects in it; what is said in words may change.
 * @param {import('./message-schemas.mjs').Schema} before
 * @param {import('./message-schemas.mjs').Schema} after
 * @returns {string[]} each change that breaks this, with its path
 */
export function breakingChanges(before, after, path = '$') {
  const found = [];
  for (const word of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (word === 'description' || word === 'title') continue;
    if (word === 'properties' || word === '$defs') found.push(...changesOfMembers(before, after, word, path));
    else if (word === 'required') found.push(...changesOfRequired(before.required ?? [], after.required ?? [], path));
    else if (isObject(before[word]) && isObject(after[word]))
      found.push(...breakingChanges(before[word], after[word], `${path}.${word}`));
    else if (isListOfObjects(before[word]) && isListOfObjects(after[word]) && before[word].length === after[word].length)
      found.push(...before[word].flatMap((one, index) => breakingChanges(one, after[word][index], `${path}.${word}[${index}]`)));
    else if (JSON.stringify(before[word]) !== JSON.stringify(after[word]))
      found.push(`${path}: ${word} was ${said(before[word])} and is ${said(after[word])}`);
  }
  return found;
}

/**
 * The same for all messages. A type may come; a version may go when a newer one of its type has come.
 * @param {Record<string, import('./message-schemas.mjs').Schema>} baseline by `$id`, as `urn:callbus:schema/CallCreated/1`
 * @param {Record<string, import('./message-schemas.mjs').Schema>} current by `$id`
 */
export function breakingChangesOfAll(baseline, current) {
  return Object.entries(baseline).flatMap(([id, before]) => {
    if (current[id] !== undefined) return breakingChanges(before, current[id], id);
    return Object.keys(current).some((other) => isNewerVersion(other, id)) ? [] : [`${id} is gone`];
  });
}

function isNewerVersion(id, other) {
  const [[type, version], [otherType, otherVersion]] = [id, other].map((one) => one.split(/\/(?=\d+$)/));
  return type === otherType && Number(version) > Number(otherVersion);
}

function changesOfMembers(before, after, word, path) {
  return Object.entries(before[word] ?? {}).flatMap(([name, schema]) => {
    const now = after[word]?.[name];
    return now === undefined ? [`${path}.${name} is gone`] : breakingChanges(schema, now, `${path}.${name}`);
  });
}

function changesOfRequired(before, after, path) {
  return [
    ...before.filter((name) => !after.includes(name)).map((name) => `${path}.${name} need not be there any more`),
    ...after.filter((name) => !before.includes(name)).map((name) => `${path}.${name} has to be there`),
  ];
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOfObjects = (value) => Array.isArray(value) && value.every(isObject);
const said = (value) => (value === undefined ? 'absent' : JSON.stringify(value));
