/** Positives below which no misfits are looked for: nothing is known of the tail of so few. */
export const fewestForMisfits = 20
