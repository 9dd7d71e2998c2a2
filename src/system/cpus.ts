/** How many threads a network may use: what this process was given, not what the host has. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** CPU affinity and the container's CPU quota (cgroup v2, then v1), at least 1. */
export function usableCpus(root = '/sys/fs/cgroup'): number {
  const cpus = availableParallelism()
  const quota = cgroupQuota(root)
  return quota === undefined ? cpus : Math.max(1, Math.min(cpus, Math.ceil(quota)))
}

/** CPUs' worth of time per period, undefined where there is no limit or no cgroup. */
function cgroupQuota(root: string): number | undefined {
  const [limit, period] = read(`${root}/cpu.max`)?.trim().split(/\s+/) ?? [
    read(`${root}/cpu/cpu.cfs_quota_us`),
    read(`${root}/cpu/cpu.cfs_period_us`),
  ]
  const quota = Number(limit) / Number(period)
  return Number.isFinite(quota) && quota > 0 ? quota : undefined
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
