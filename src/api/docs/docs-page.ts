/** /docs: the OpenAPI document for people. Plain HTML and one style sheet: no script, nothing from elsewhere. */
import { escapeHtml } from '../../system/html.ts'
import type { OpenApi, Operation } from './openapi.ts'

export const docsStyle = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #0a6; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { margin: 0 } h2 { margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line) }
code, pre { font: 14px/1.5 ui-monospace, monospace } pre { background: var(--soft); padding: .75rem; overflow-x: auto; border-radius: 6px }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; padding: 0 1rem } summary { padding: .6rem 0; cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem; font: 700 13px ui-monospace, monospace; color: var(--accent) } summary span { opacity: .75; margin-left: .75rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line) }
a { color: var(--accent) }
`

/** @param address of the service as the reader writes it, for the examples */
export function docsPage(document: OpenApi, address: string): string {
  const sections = document.tags.map(({ name }) => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => operation.tags.includes(name))
        .map(([method, operation]) => describe(method, path, operation)),
    )
    return `<h2>${escapeHtml(name)}</h2>${operations.join('')}`
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>oneclass API ${escapeHtml(document.info.version)}</title><link rel="stylesheet" href="docs/style.css"></head>
<body><h1>oneclass API</h1><p>${markup(document.info.description)} The same as a file: <a href="openapi.json">openapi.json</a>.</p>
<p>Send a key as <code>Authorization: Bearer KEY</code>. <code>oneclass keys create</code> makes one; on a loopback address none is asked for until one exists.</p>
<pre>curl -F image=@photo.jpg '${escapeHtml(address)}/v1/models/hotdog/classify?wait=10'</pre>
${sections.join('\n')}</body></html>`
}

function describe(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    (parameter) =>
      `<tr><td><code>${escapeHtml(parameter.name)}</code></td><td>${escapeHtml(parameter.in)}${parameter.required ? ', required' : ''}</td><td><code>${escapeHtml(shape(parameter.schema))}</code></td><td>${markup(parameter.description ?? '')}</td></tr>`,
  )
  const bodies = Object.entries(operation.requestBody?.content ?? {}).map(
    ([type, { schema }]) => `<h4>Body: <code>${escapeHtml(type)}</code></h4>${schemaBlock(schema)}`,
  )
  const answers = Object.entries(operation.responses).map(
    ([status, { description, content }]) =>
      `<h4>${escapeHtml(status)}: ${markup(description)}</h4>${Object.entries(content ?? {})
        .map(([type, { schema }]) =>
          status === 'default' ? '' : `<p><code>${escapeHtml(type)}</code></p>${schemaBlock(schema)}`,
        )
        .join('')}`,
  )
  const key = operation.security[0]?.['key']?.[0]
  return `<details id="${escapeHtml(operation.operationId)}"><summary><b>${method.toUpperCase()}</b> <code>${escapeHtml(path)}</code><span>${escapeHtml(operation.summary)}</span></summary>
<p>${markup(operation.description ?? '')}${key === undefined ? ' Open to all.' : ` Scope: <code>${escapeHtml(key)}</code>.`}</p>
${parameters.length === 0 ? '' : `<table><tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>${parameters.join('')}</table>`}${bodies.join('')}${answers.join('')}</details>`
}

function schemaBlock(schema: unknown): string {
  return `<pre>${escapeHtml(shape(schema))}</pre>`
}

interface Schema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly format?: string
  readonly description?: string
  readonly $ref?: string
}

/** A schema as one would write the type by hand. */
function shape(value: unknown, indent = ''): string {
  const schema = value as Schema
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
  if (schema.enum) return schema.enum.map((option) => `"${option}"`).join(' | ')
  if (schema.anyOf) return schema.anyOf.map((option) => shape(option, indent)).join(' | ')
  if (schema.type === 'array') return `${shape(schema.items ?? {}, indent)}[]`
  if (schema.type === 'object' && schema.properties) {
    const inner = `${indent}  `
    const lines = Object.entries(schema.properties).map(([name, property]) => {
      const note = property.description === undefined ? '' : `  // ${property.description}`
      return `${inner}${name}${schema.required?.includes(name) ? '' : '?'}: ${shape(property, inner)}${note}`
    })
    return `{\n${lines.join('\n')}\n${indent}}`
  }
  if (schema.format === 'binary') return 'file'
  return schema.type ?? 'any'
}

/** `code` as code. */
function markup(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}
