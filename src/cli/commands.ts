/** Every command by its name. Loaded when called, so that `--help` and `models list` start no network and no Redis client. */
import type { Command } from './command.ts'

export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  fit: async () => (await import('./fit.ts')).fit,
  score: async () => (await import('./score.ts')).score,
  embed: async () => (await import('./embed.ts')).embed,
  evaluate: async () => (await import('./evaluate.ts')).evaluate,
  compare: async () => (await import('./compare.ts')).compare,
  serve: async () => (await import('./serve.ts')).serve,
  worker: async () => (await import('./worker.ts')).worker,
  models: async () => (await import('./models.ts')).models,
  keys: async () => (await import('./keys.ts')).keys,
  backbones: async () => (await import('./backbones.ts')).backbones,
  demo: async () => (await import('./demo.ts')).demo,
  completion: async () => (await import('./completion.ts')).completion,
}

export async function allCommands(): Promise<Command[]> {
  return await Promise.all(Object.values(commands).map((load) => load()))
}
