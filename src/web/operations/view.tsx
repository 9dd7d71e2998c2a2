/** What runs now: workers, queues, throughput, drift, errors. Asked again every two seconds while it is seen. */
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { ago, bytes, count, decimal } from '../format.ts'
import { DriftWords } from '../models/detail.tsx'
import { href } from '../routes.ts'
import { client } from '../service/api.ts'
import { trouble } from '../service/health.ts'
import type { Operations } from '../service/types.ts'
import { t } from '../text.ts'
import { useLoad } from '../ui/load.ts'
import { ErrorNote } from '../ui/notes.tsx'
import { TableBox } from '../ui/table-box.tsx'
import { Waits } from '../ui/trouble.tsx'
import { Sparkline } from './sparkline.tsx'

const kept = 90

export function OperationsView(): JSX.Element {
  const { data, error, reload } = useLoad(() => client.operations(), [], 2000)
  const rates = useRef<{ seen: Operations | undefined; values: number[] }>({ seen: undefined, values: [] })
  if (data && rates.current.seen !== data) {
    rates.current.seen = data
    rates.current.values = [...rates.current.values, data.imagesPerSecond ?? 0].slice(-kept)
  }
  return (
    <div class="view">
      <div class="view-head">
        <div>
          <h1>{t.operations.title}</h1>
          <p>{t.operations.lead}</p>
        </div>
        <div class="row">
          <a class="button" href="./admin/queues" target="_blank" rel="noreferrer">
            {t.operations.board}
          </a>
          <a class="button" href="./metrics" target="_blank" rel="noreferrer">
            {t.operations.metrics}
          </a>
        </div>
      </div>
      {error && <ErrorNote error={error} onRetry={reload} />}
      {!data && !error && <Waits />}
      {data && <Cards data={data} rates={rates.current.values} />}
    </div>
  )
}

function Cards({ data, rates }: { data: Operations; rates: readonly number[] }): JSX.Element {
  const queues = Object.entries(data.queues)
  const sum = (field: 'waiting' | 'active' | 'failed') => queues.reduce((n, [, queue]) => n + queue[field], 0)
  // those that stopped are listed for a while
  const working = trouble.value === 'workers' ? 0 : data.workers.length
  const errors = Object.entries(data.errors).sort((a, b) => b[1] - a[1])
  return (
    <>
      <dl class="tiles">
        <Tile name={t.operations.workers} value={count(working)} warn={working === 0} />
        <Tile name={t.operations.queue.waiting} value={count(sum('waiting'))} />
        <Tile name={t.operations.queue.active} value={count(sum('active'))} />
        <Tile
          name={t.operations.perSecond}
          value={data.imagesPerSecond === null ? '–' : decimal(data.imagesPerSecond, 1)}
        />
        <Tile name={t.operations.stored} value={bytes(data.storedBytes)} />
      </dl>
      <section class="card">
        <h2>{t.operations.throughput}</h2>
        <Sparkline values={rates} label={t.operations.history} />
      </section>
      <section class="stack workers">
        <h2>{t.operations.workers}</h2>
        {working === 0 && <p class="note error">{t.operations.noWorkers}</p>}
        {data.workers.length > 0 && (
          <Table
            label={t.operations.workers}
            head={[
              t.operations.worker.id,
              t.operations.worker.host,
              t.operations.worker.concurrency,
              t.operations.worker.images,
              t.operations.worker.errors,
              t.operations.worker.seen,
            ]}
            rows={data.workers.map((worker) => [
              worker.id,
              worker.host ?? '',
              worker.concurrency ?? '',
              count(worker.images ?? 0),
              count(worker.errors ?? 0),
              ago(worker.lastSeen),
            ])}
          />
        )}
      </section>
      <div class="two">
        <section class="stack">
          <h2>{t.operations.queues}</h2>
          <Table
            label={t.operations.queues}
            head={[
              t.operations.queue.name,
              t.operations.queue.waiting,
              t.operations.queue.active,
              t.operations.queue.failed,
            ]}
            rows={queues.map(([name, queue]) => [
              t.operations.queueNames[name] ?? name,
              count(queue.waiting),
              count(queue.active),
              count(queue.failed),
            ])}
          />
        </section>
        <section class="stack">
          <h2>{t.operations.errors}</h2>
          {errors.length === 0 ? (
            <p class="muted">{t.operations.noErrors}</p>
          ) : (
            <Table
              label={t.operations.errors}
              head={['', '']}
              rows={errors.map(([code, n]) => [code, count(n)])}
              bare
            />
          )}
        </section>
      </div>
      <section class="stack">
        <h2>{t.operations.drift}</h2>
        <ul class="drift-list">
          {data.models.map(({ label, drift }) => (
            <li key={label} class="card">
              <h3>
                <a href={href('models', label)}>{label}</a>
              </h3>
              <DriftWords drift={drift} />
            </li>
          ))}
        </ul>
      </section>
      <p class="hint">{t.operations.updated}</p>
    </>
  )
}

function Tile({ name, value, warn = false }: { name: string; value: string; warn?: boolean }): JSX.Element {
  return (
    <div class={warn ? 'card tile warn' : 'card tile'}>
      <dt>{name}</dt>
      <dd class="numbers">{value}</dd>
    </div>
  )
}

function Table(props: {
  label: string
  head: readonly string[]
  rows: readonly (readonly (string | number)[])[]
  bare?: boolean
}): JSX.Element {
  return (
    <TableBox label={props.label}>
      <table>
        {!props.bare && (
          <thead>
            <tr>
              {props.head.map((name, i) => (
                <th key={name} scope="col" class={i > 1 || (props.head.length < 5 && i > 0) ? 'n' : ''}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {props.rows.map((row) => (
            <tr key={row[0]}>
              {row.map((value, i) =>
                i === 0 ? (
                  <th key={i} scope="row">
                    {value}
                  </th>
                ) : (
                  <td key={i} class={i > 1 || row.length < 5 ? 'n' : ''}>
                    {value}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}
