/** Addresses may hold passwords and tokens: how they may stand in messages and logs. */

/**
 * Without name, password, and the values behind `?` and `#`. Where the name ends is taken to be the last `@`, as people write passwords
 * with `/` and `@` in them; where the last one stands behind `?`, either may be meant, and nothing but the scheme is shown.
 */
export function withoutSecrets(address: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(address) ?? []
  const open = rest.slice(rest.lastIndexOf('@') + 1)
  const isHidden = open.length < rest.length
  if (isHidden && /[?#]/.test(rest.slice(0, rest.length - open.length))) return `${scheme}***`
  const shown = open.replace(/([?&#][^=&#]*=)[^&#]*/g, '$1***').replace(/([?#])(?![^&#]*=)[^&#]+/g, '$1***')
  return scheme + (isHidden ? '***@' : '') + shown
}

/** Text that somebody else made, such as the error of a library, with no name and password in the addresses that it repeats. */
export function hideSecrets(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s"'`<>]*@/gi, '$1***@')
}
