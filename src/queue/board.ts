/** Bull Board over our queues, for a server to mount: routes and pages come out, no HTTP in here. */
import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import type {
  AppControllerRoute,
  AppViewRoute,
  BullBoardQueues,
  IServerAdapter,
  UIConfig,
} from '@bull-board/api/typings/app'
import type { Producer } from './producer.ts'

export interface Board {
  readonly queues: BullBoardQueues
  readonly staticFolder: string
  readonly viewsFolder: string
  readonly entry: AppViewRoute
  readonly routes: readonly AppControllerRoute[]
  readonly config: UIConfig
}

export function createBoard(producer: Producer): Board {
  const parts: Partial<{ -readonly [K in keyof Board]: Board[K] }> = {}
  const adapter: IServerAdapter = {
    setQueues: (queues) => set({ queues }),
    setViewsPath: (viewsFolder) => set({ viewsFolder }),
    setStaticPath: (_route, staticFolder) => set({ staticFolder }),
    setEntryRoute: (entry) => set({ entry }),
    setErrorHandler: () => adapter,
    setApiRoutes: (routes) => set({ routes }),
    setUIConfig: (config) => set({ config }),
  }
  function set(more: typeof parts): IServerAdapter {
    Object.assign(parts, more)
    return adapter
  }
  createBullBoard({
    queues: [...producer.queues.values()].map((queue) => new BullMQAdapter(queue)),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'oneclass queues' } },
  })
  return parts as Board
}
