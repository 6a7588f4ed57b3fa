import type { Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';

/** A field that the host's registration asks for besides the kit's own. */
export interface RegisterField {
  readonly name: string;
  /** Its name, in words: `fullName` is "Full name". */
  readonly label: string;
  readonly required: boolean;
}

const OWN = new Set(['email', 'username', 'password', 'captchaToken']);

/** The host's own fields of POST /auth/register, in the order of its DTO; those that are needed and those that may be. */
export function registerFields(dto: Type<object> | undefined): RegisterField[] {
  if (!dto) return [];
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const names = [...new Set(rules.map(({ propertyName }) => propertyName))].filter((name) => !OWN.has(name));
  return names.map((name) => ({
    name,
    label: inWords(name),
    required: !rules.some((rule) => rule.propertyName === name && rule.type === 'conditionalValidation'),
  }));
}

function inWords(name: string): string {
  const words = name.replace(/[_-]/g, ' ').replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}
