import { ValidateIf } from 'class-validator';

/** The member is there and may be null, which says something: that nobody knows it, or that there is none. */
export function IsNullable(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== null);
}
