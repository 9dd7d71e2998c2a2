/** Networks that a fit can name. */
import { Type } from 'typebox'
import { type Fixed, Nullable, OneOf } from './type.ts'

export const Backbones = Type.Object({
  backbones: Type.Array(
    Type.Object({
      id: Type.String({ description: 'What `backbone` of a fit names' }),
      kind: OneOf(['embedded', 'pulled', 'available', 'face'], { description: 'available: to be pulled first' }),
      isDefault: Type.Boolean(),
      ready: Type.Boolean({ description: "Usable without a download or an installation on the service's machine" }),
      license: Nullable(Type.String()),
      bytes: Nullable(Type.Integer()),
      dim: Nullable(Type.Integer({ description: 'Length of its embeddings' })),
      description: Type.String(),
    }),
  ),
})
export type BackboneView = Fixed<typeof Backbones>['backbones'][number]
