/** Words that the choices of a fit are made in. Apart from the schemas: client and page need no library for them. */

/** How positives are held out of the models that score them: each once, or a quarter set aside. */
export const calibrationMethods = ['cross-fit', 'split'] as const
export type CalibrationMethod = (typeof calibrationMethods)[number]

/** How images are looked at: as they are, or with their light evened out. */
export const lights = ['as-is', 'even'] as const
export type Light = (typeof lights)[number]
/** `auto`: the fit chooses. So it is with `askedDetails`. */
export const askedLights = ['auto', ...lights] as const
export type AskedLight = (typeof askedLights)[number]

/** How many times the side that a network takes, so that smaller things are seen. */
export const details = [1, 2, 3] as const
export type Detail = (typeof details)[number]
export const askedDetails = ['auto', ...details] as const
export type AskedDetail = (typeof askedDetails)[number]

/** Alpha where nobody asks for another. */
export const usualAlpha = 0.05
/** Up to here a fit goes by itself, where it has too few photos to reject anything at the usual alpha. */
export const loosestDefault = 0.1
