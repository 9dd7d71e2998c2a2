/** What a value does not have that its schema asks for, in words. */
interface Found {
  readonly keyword?: string
  readonly message?: string
  readonly params?: unknown
}

export function saidOf(found: Found | undefined): string {
  const { allowedValues } = (found?.params ?? {}) as { readonly allowedValues?: readonly unknown[] }
  if (allowedValues) return `must be one of ${allowedValues.map(String).join(', ')}`
  if (found?.keyword === 'boolean') return 'has no place here'
  return found?.message ?? 'is not valid'
}
