/** How many CPUs there are for us: what this process was given, not what the host has. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/**
 * The smaller of the affinity mask and the container's quota (cgroup v2, then v1), at least 1. A quota is rounded down: a thread that has
 * half a CPU is stopped in the middle of its work, and the others wait for it.
 */
export function usableCpus(cgroups = '/sys/fs/cgroup', cpus = availableParallelism()): number {
  return Math.max(1, Math.min(cpus, Math.floor((cgroupQuota(cgroups) ?? cpus) + 0.01)))
}

/** Numbers of the CPUs of this process's affinity mask; none where the system does not say (Linux does). */
export function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(read('/proc/self/status') ?? '')?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    if (range === '') return []
    const [from = Number.NaN, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
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
