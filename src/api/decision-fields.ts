/** What is decided besides each image, as fields of a form. */
import { Decisions } from '../wire/decisions.ts'
import { parseFields } from './http/fields.ts'

/** Those that are given; fields of a form are text. @throws INVALID_ARGUMENT */
export function decisionFields({ fdr, abstain }: Readonly<Record<string, string>>): Decisions {
  return parseFields(Decisions, { ...(fdr && { fdr }), ...(abstain && { abstain }) })
}
