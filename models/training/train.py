"""Distils the teacher's maps into the student. Resumable; the schedule follows the clock, so that it ends when it must.

  train.py --views DIR --targets DIR --info targets.json --out DIR --minutes M [--workers 2] [--seed 1]

Each worker is one process on one thread (gradients are averaged once a step), which bears a busy machine better than
threads inside the operators do. `--minutes` counts training time only; a stopped run goes on from its checkpoint.
Phase 1 (the first SMALL of the time) trains on 80 to 112 px windows of the 112 px views, aligned to the teacher's grid; phase 2
on whole views.
"""
import argparse, glob, json, math, os, time
import numpy as np, torch, torch.nn.functional as F
import torch.distributed as dist
import torch.multiprocessing as mp
from net import Net, Heads, MEAN, STD

SMALL, BATCH, LR, WD, EMA, EMA_EVERY, POOLED_POWER = .6, 24, 2e-3, .03, .996, 4, .7


class Shards:
    """Memory-mapped views and targets; new shards are taken in as the teacher finishes them."""
    def __init__(self, a, info):
        self.a, self.k7, self.k14, self.loaded = a, info['map7']['channels'], info['map14']['channels'], {}
        self.refresh()

    def refresh(self):
        for f in sorted(glob.glob(f'{self.a.targets}/*.map7.i8')):
            k = os.path.basename(f)[:4]
            if k in self.loaded: continue
            x = np.load(f'{self.a.views}/s{k}.npy', mmap_mode='r')
            t7 = np.memmap(f, np.int8, 'r').reshape(-1, self.k7, 7, 7)
            t14 = np.memmap(f.replace('map7', 'map14'), np.int8, 'r').reshape(-1, self.k14, 14, 14)
            tp = np.memmap(f.replace('map7.i8', 'pooled.f16'), np.float16, 'r').reshape(-1, 1536)
            assert len(x) == len(t7) == len(t14) == len(tp), k
            self.loaded[k] = (x, t7, t14, tp)
        self.keys = sorted(self.loaded)
        self.index = np.concatenate([np.stack([np.full(len(self.loaded[k][0]), i), np.arange(len(self.loaded[k][0]))], 1) for i, k in enumerate(self.keys)])

    def batch(self, rows):
        cols = [np.stack(c) for c in zip(*[[part[j] for part in self.loaded[self.keys[i]]] for i, j in rows])]
        return [torch.from_numpy(c) for c in cols]


def pooled_basis(shards, power):
    """Coordinates of the pooled embedding, scaled towards whitened ones."""
    e = np.concatenate([np.asarray(shards.loaded[k][3][:, :1024], np.float32) for k in shards.keys[:4]])
    mean = e.mean(0); w, v = np.linalg.eigh(np.cov((e - mean).T.astype(np.float64)))
    w, v = w[::-1][:512], v[:, ::-1][:, :512]
    proj = v * np.maximum(w, w[0] * 1e-4) ** (-power / 2)
    scale = 1 / math.sqrt((((e - mean) @ proj) ** 2).sum(1).mean())
    return torch.tensor(mean, dtype=torch.float32), torch.tensor(proj * scale, dtype=torch.float32)


def augment(x, g):
    """uint8 NCHW -> normalised float; mild changes of colour, contrast, noise, sharpness."""
    n = len(x); x = x.float() / 255
    u = lambda lo, hi, *s: torch.rand(n, *s, generator=g) * (hi - lo) + lo
    on = (torch.rand(n, 1, 1, 1, generator=g) < .7).float()
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * (1 + on * u(-.3, .3, 1, 1, 1))
    mean = x.mean((1, 2, 3), keepdim=True)
    x = mean + (x - mean) * (1 + on * u(-.2, .2, 1, 1, 1)) + on * u(-.08, .08, 1, 1, 1) + on * u(-.03, .03, 3, 1, 1)
    k = torch.randint(0, 8, (1,), generator=g).item()  # now and then blur, sharpen or roughen a third of the batch
    if k < 3:
        h = slice(0, n // 3); b = F.avg_pool2d(F.pad(x[h], (1, 1, 1, 1), mode='reflect'), 3, 1)
        x[h] = b if k == 0 else (x[h] + .5 * (x[h] - b) if k == 1 else x[h] + torch.randn(x[h].shape, generator=g) * .03)
    x = x.clamp(0, 1)
    return (x - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def worker(rank, a):
    torch.set_num_threads(1); torch.set_flush_denormal(True); torch.manual_seed(a.seed)
    if a.workers > 1:
        dist.init_process_group('gloo', init_method=f'file://{os.path.abspath(a.out)}/rendezvous-{os.getppid()}', rank=rank, world_size=a.workers)
    info = json.load(open(a.info)); shards = Shards(a, info)
    basis = f'{a.out}/basis.pt'
    if rank == 0 and not os.path.exists(basis): torch.save(pooled_basis(shards, POOLED_POWER), basis)
    if a.workers > 1: dist.barrier()
    pmean, pproj = torch.load(basis)
    s7 = torch.tensor(info['map7']['step']).view(1, -1, 1, 1); s14 = torch.tensor(info['map14']['step']).view(1, -1, 1, 1)
    v7 = float(((s7 * 127 / 5) ** 2).sum()); v14 = float(((s14 * 127 / 5) ** 2).sum())
    net, heads = Net(), Heads(info['map7']['channels'], info['map14']['channels'], pproj.shape[1])
    both = torch.nn.ModuleList([net, heads])
    decay = [p for p in both.parameters() if p.ndim > 1]; plain = [p for p in both.parameters() if p.ndim <= 1]
    opt = torch.optim.AdamW([{'params': decay, 'weight_decay': WD}, {'params': plain, 'weight_decay': 0}], lr=LR, foreach=True)
    ema = {k: v.clone() for k, v in both.state_dict().items()}
    step, spent, seen = 0, 0., 0
    ck = f'{a.out}/checkpoint.pt'
    if os.path.exists(ck):
        c = torch.load(ck); both.load_state_dict(c['model']); ema = c['ema']; step, spent, seen = c['step'], c['spent'], c['seen']
        if c['opt'] is not None: opt.load_state_dict(c['opt'])  # None: a warm start
    params = list(both.parameters()); both.train(); net.to(memory_format=torch.channels_last)
    rng = np.random.default_rng([a.seed, rank, step]); g = torch.Generator().manual_seed(a.seed * 1000 + rank + step * 7)
    order, at, log, last_save, last_log, t0 = None, 0, np.zeros(4), time.time(), time.time(), time.time()
    while True:
        now = torch.tensor([spent + time.time() - t0])
        if a.workers > 1: dist.broadcast(now, 0)
        f = float(now) / (a.minutes * 60)
        if f >= 1: break
        if order is None or at + BATCH > len(order):
            shards.refresh(); order = rng.permutation(len(shards.index)); at = 0
            if not os.path.exists(f'{a.targets}/done'): order = order[:6000]  # look for new shards soon
        x, t7, t14, tp = shards.batch(shards.index[order[at:at + BATCH]]); at += BATCH
        x = x.permute(0, 3, 1, 2)
        if rng.random() < .5: x, t7, t14 = x.flip(3), t7.flip(3), t14.flip(3)
        if f < SMALL:
            w = int(rng.choice([5, 6, 7], p=[.5, .35, .15]))  # cells of the teacher's grid, 16 px each
            i, j = rng.integers(0, 8 - w, 2); x = x[:, :, 16 * i:16 * (i + w), 16 * j:16 * (j + w)]
            t7, t14 = t7[:, :, i:i + w, j:j + w], t14[:, :, 2 * i:2 * (i + w), 2 * j:2 * (j + w)]
        t7, t14 = t7.float() * s7, t14.float() * s14
        _, mid, _, top = net(augment(x, g).contiguous(memory_format=torch.channels_last))
        p7, p14 = heads.map7(top), heads.map14(mid)
        l7 = ((p7 - t7) ** 2).sum(1).mean() / v7
        l14 = ((p14 - t14) ** 2).sum(1).mean() / v14
        lw = ((p7.mean((2, 3)) - t7.mean((2, 3))) ** 2).sum(1).mean() / v7 * 3
        if f < SMALL: lp = torch.zeros(())
        else: lp = ((heads.pooled(top.mean((2, 3))) - (tp[:, :1024].float() - pmean) @ pproj) ** 2).sum(1).mean()
        loss = l7 + .4 * l14 + lw + 2 * lp
        for p in params: p.grad = None
        loss.backward()
        if a.workers > 1:
            flat = torch.cat([p.grad.reshape(-1) if p.grad is not None else torch.zeros(p.numel()) for p in params])
            dist.all_reduce(flat); flat /= a.workers; k = 0
            for p in params: p.grad = flat[k:k + p.numel()].view_as(p).clone(memory_format=torch.preserve_format); k += p.numel()
        torch.nn.utils.clip_grad_norm_(params, 5.)
        lr = LR * min(1, (step + 1) / 200) * (.5 * (1 + math.cos(math.pi * f)) * .99 + .01)
        for gr in opt.param_groups: gr['lr'] = lr
        opt.step(); step += 1; seen += BATCH * a.workers; log += [l7.item(), l14.item(), lw.item(), lp.item()]
        if rank == 0:
            d = min(EMA, (1 + step) / (10 + step))
            if step % EMA_EVERY == 0:
              with torch.no_grad():
                for k, v in both.state_dict().items():
                    ema[k].mul_(d).add_(v, alpha=1 - d) if v.is_floating_point() else ema[k].copy_(v)
            if step % 50 == 0:
                dt = time.time() - last_log; last_log = time.time()
                print(f'{time.strftime("%H:%M:%S")} step {step} {100 * f:.1f}%% seen {seen} shards {len(shards.keys)} l7 %.3f l14 %.3f pooled7 %.3f pooled %.3f' % tuple(log / 50),
                      f'lr {lr:.5f} {dt / 50 / BATCH / a.workers * 1e3:.1f} ms/img', flush=True); log[:] = 0
            if time.time() - last_save > 120:
                save(ck, both, opt, ema, step, spent + time.time() - t0, seen); last_save = time.time()
    if rank == 0: save(ck, both, opt, ema, step, float(now), seen); print('done', step, seen, flush=True)


def save(path, both, opt, ema, step, spent, seen):
    torch.save(dict(model=both.state_dict(), opt=opt.state_dict(), ema=ema, step=step, spent=spent, seen=seen), path + '.tmp')
    os.replace(path + '.tmp', path)


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    for k in ('views', 'targets', 'info', 'out'): p.add_argument('--' + k, required=True)
    p.add_argument('--minutes', type=float, required=True); p.add_argument('--workers', type=int, default=2); p.add_argument('--seed', type=int, default=1)
    a = p.parse_args(); os.makedirs(a.out, exist_ok=True)
    if a.workers > 1: mp.spawn(worker, (a,), a.workers)
    else: worker(0, a)
