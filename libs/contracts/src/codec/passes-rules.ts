import { getMetadataStorage, ValidationTypes } from 'class-validator';

interface MemberRules {
  readonly name: string;
  readonly conditions: readonly ((object: object, value: unknown) => boolean)[];
  readonly rules: readonly ((object: object, value: unknown) => boolean)[];
}

const compiled = new Map<new () => object, readonly MemberRules[] | null>();

/**
 * Whether class-validator's own rules, run in a row, find nothing wrong; it would put a report together for every member
 * even so. False also for a class with a rule of a kind that is not run here.
 */
export function passesRules<T extends object>(type: new () => T, instance: T): boolean {
  let members = compiled.get(type);
  if (members === undefined) {
    members = compile(type);
    compiled.set(type, members);
  }
  if (members === null) return false;
  for (const { name, conditions, rules } of members) {
    const value: unknown = Reflect.get(instance, name);
    if (conditions.every((holds) => holds(instance, value)) && !rules.every((holds) => holds(instance, value))) return false;
  }
  return true;
}

function compile(type: new () => object): readonly MemberRules[] | null {
  const storage = getMetadataStorage();
  const metadata = storage.getTargetValidationMetadatas(type, '', false, false);
  const isConditional = (kind: string): boolean => kind === ValidationTypes.CONDITIONAL_VALIDATION;
  const isNested = (kind: string): boolean => kind === ValidationTypes.NESTED_VALIDATION;
  const isRun = metadata.every(
    (rule) =>
      isConditional(rule.type) ||
      isNested(rule.type) ||
      (rule.type === ValidationTypes.CUSTOM_VALIDATION && !rule.each && rule.validateIf === undefined),
  );
  if (!isRun) return null;
  return Object.entries(storage.groupByPropertyName(metadata)).map(([name, ofMember]) => ({
    name,
    conditions: ofMember
      .filter((rule) => isConditional(rule.type))
      .map((rule) => rule.constraints[0] as MemberRules['conditions'][number]),
    rules: ofMember
      .filter((rule) => !isConditional(rule.type))
      .flatMap(({ type: kind, constraintCls, constraints }) => {
        if (isNested(kind)) return (_: object, value: unknown) => holdsObjects(value);
        return storage.getTargetValidatorConstraints(constraintCls).map(
          ({ instance }) =>
            (object: object, value: unknown) =>
              // A promise is no answer: class-validator decides.
              instance.validate(value, { targetName: type.name, property: name, object, value, constraints }) === true,
        );
      }),
  }));
}

/** All that class-validator asks of what is nested and, as everything from JSON, of no class that has rules. */
function holdsObjects(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(holdsObjects);
  return value === undefined || (typeof value === 'object' && value !== null);
}
