/** The parts of a comparison's images; names of uploads begin with them. Apart from the schemas: the page needs no library for them. */

export const splits = ['trainPositive', 'trainNegative', 'testPositive', 'testNegative'] as const
export type Split = (typeof splits)[number]
