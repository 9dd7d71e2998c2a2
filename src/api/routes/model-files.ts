/** Models as files: taken away, and brought from elsewhere. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { modelNameOf, readModelFile } from '../../store/model-file.ts'
import { assertNewModelName } from '../../store/versions.ts'
import { labelOf } from '../../wire/label.ts'
import { ImportFields, Model } from '../../wire/model.ts'
import { ModelRef } from '../../wire/names.ts'
import type { ApiContext } from '../context.ts'
import { parseFields } from '../http/fields.ts'
import { route } from '../http/route.ts'
import { readFileForm } from '../http/uploads.ts'

export function modelFileRoutes(app: FastifyInstance, { registry, limits }: ApiContext): void {
  route(app, {
    method: 'GET',
    url: '/v1/models/:name/export',
    inTurn: true,
    scope: 'manage',
    summary: 'Take a model away as a file',
    description:
      'The file holds all that scoring needs, with the alpha that is in force, and the names of the positives; no image and no thumbnail.',
    tag: 'Models',
    params: Type.Object({ name: ModelRef }),
    answers: {
      200: {
        description: 'NAME@VERSION.oneclass',
        type: 'application/octet-stream',
        schema: Type.String({ format: 'binary' }),
      },
    },
    handle: async ({ params, reply }) => {
      const info = await registry.info(params.name)
      const { bytes } = await readModelFile(await registry.bytes(labelOf(info)), { alpha: info.alpha })
      return reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename="${labelOf(info)}.oneclass"`)
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    },
  })

  route(app, {
    method: 'POST',
    url: '/v1/models/import',
    scope: 'manage',
    summary: 'Bring a model in from a file',
    description:
      'It becomes the next version of its name. The file is checked whole before it is kept: its hash, every size, every number.',
    tag: 'Models',
    multipart: Type.Object({ ...ImportFields.properties, model: Type.String({ format: 'binary' }) }),
    answers: { 201: { description: 'The model', schema: Model } },
    handle: async ({ request, reply }) => {
      const { fields, filename, bytes } = await readFileForm(request, 'model', limits.maxModelBytes)
      const name = parseFields(ImportFields, fields).name ?? modelNameOf(filename)
      assertNewModelName(name)
      const info = await registry.saveEncoded(name, await readModelFile(bytes))
      return reply
        .code(201)
        .header('location', `/v1/models/${labelOf(info)}`)
        .send(info)
    },
  })
}
