"""Distils the teacher into the student. Resumable; the schedule follows the clock, so that a run ends when it must.

  train.py --views DIR --targets DIR --info targets.json --out RUN --minutes M [--rank 0 --workers 2] [--seed 1]

A worker is one process on one thread: start it once for each rank, each in a session of its own. Convolutions run in
bfloat16, weights and optimiser in float32. RUN/checkpoint.pt and RUN/basis.pt are warm.py's. The schedule begins with
the first step and ends after `--minutes` or at `--until`; a run that was stopped goes on from its checkpoint, wherever
the clock then is."""

import argparse
import copy
import json
import os
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from augment import augment
from optimiser import SharedAdamW
from shards import Shards
from student import Pair

BATCH = 32  # a worker
RATE, TRUNK_SHARE, WEIGHT_DECAY = 5e-4, 0.6, 0.03  # TRUNK_SHARE: the share of the rate for layers read from a release
WARM_UP, DECAY_FROM = 200, 0.46  # steps; share of the time after which the rate falls to zero
COMPONENTS, POOLED_POWER = 640, 0.9
TEMPERATURE = 2.0
AVERAGE = 0.995  # weights are averaged over some 200 steps
WEIGHTS = {'map7': 1.0, 'map14': 0.3, 'pooled': 2.0, 'logits': 0.5}
SMALL_PHASE, SMALL_SIDES, LARGE_SIDES = 0.65, (112, 112, 128), (128, 144, 160)  # share of the time; sides in px
FROZEN_HIGH = 0  # blocks at stride 16 that stay as they were read, with everything before them
LOOK_EVERY, LOG_EVERY, SAVE_EVERY = 100, 50, 120  # steps, steps, seconds


def rate_at(share, step):
    """The learning rate as a share of RATE: a short rise, constant, then straight down to zero."""
    return min(1.0, (step + 1) / WARM_UP) * min(1.0, (1 - share) / (1 - DECAY_FROM))


class Losses:
    """What the student is asked for: maps, pooled embedding and logits of the teacher, each relative to its own spread.

    The logits are computed from the student's pooled coordinates by the teacher's own last layer, so that they teach
    the coordinates which the released network gives."""

    def __init__(self, shards, mean, projection):
        self.shards, self.mean, self.projection = shards, mean, projection
        back = torch.linalg.pinv(projection)  # (components, 1280)
        self.class_weight = shards.class_weight @ back.T
        self.class_bias = shards.class_weight @ mean + shards.class_bias
        rows = shards.index[np.random.default_rng(0).permutation(len(shards.index))[:512]]
        _, map7, map14, _ = shards.batch(rows)
        # heads answer in units in which targets vary by 1: a step of Adam is then small against them
        self.unit = {
            'map7': map7.var((0, 2, 3)).mean().sqrt().item(),
            'map14': map14.var((0, 2, 3)).mean().sqrt().item(),
        }

    def __call__(self, heads, high, top, map7, map14, pooled):
        """-> {name: loss}; `high` and `top` of the student, float32."""
        losses = {}
        for name, source, target in (('map7', top, map7), ('map14', high, map14)):
            target = F.adaptive_avg_pool2d(target, source.shape[2:])
            losses[name] = F.mse_loss(getattr(heads, name)(source), target / self.unit[name])
        coordinates = heads.pooled(top.mean((2, 3)))
        losses['pooled'] = F.mse_loss(coordinates, (pooled - self.mean) @ self.projection)
        teacher = F.log_softmax(self.shards.logits(pooled) / TEMPERATURE, 1)
        student = F.log_softmax((coordinates @ self.class_weight.T + self.class_bias) / TEMPERATURE, 1)
        losses['logits'] = F.kl_div(student, teacher, log_target=True, reduction='batchmean')
        return losses


def fold(module):
    """A copy for inference in bfloat16 with the batch norms folded into the convolutions."""
    module = copy.deepcopy(module).eval().requires_grad_(False)
    for part in module.modules():
        if isinstance(part, nn.Sequential) and len(part) > 1 and isinstance(part[1], nn.BatchNorm2d):
            part[0], part[1] = fuse_conv_bn_eval(part[0], part[1]), nn.Identity()
    return module.to(torch.bfloat16).to(memory_format=torch.channels_last)


def frozen_layers(net):
    """The first layers, which keep what they were read with."""
    return nn.Sequential(net.low, net.mid, net.high[:FROZEN_HIGH])


def parameter_groups(pair):
    """What is trained: everything behind `frozen_layers`."""
    groups, still = {}, {id(parameter) for parameter in frozen_layers(pair.net).parameters()}
    for name, parameter in pair.named_parameters():
        if id(parameter) in still:
            parameter.requires_grad_(False)
            continue
        groups.setdefault((name.startswith('net.high'), parameter.ndim > 1), []).append(parameter)
    return [
        (parameters, TRUNK_SHARE if trunk else 1.0, WEIGHT_DECAY if decays else 0.0)
        for (trunk, decays), parameters in groups.items()
    ]


def moment(text):
    """HH:MM today, as seconds since 1970."""
    now, (hour, minute) = time.localtime(), map(int, text.split(':'))
    return time.mktime((*now[:3], hour, minute, 0, 0, 0, now.tm_isdst))


def save(path, pair, optimiser, progress, average_norms):
    state = pair.state_dict()
    average = {name: value.clone() for name, value in state.items()}
    names = {id(p): name for name, p in pair.named_parameters()}
    for parameter, values in optimiser.averaged():
        average[names[id(parameter)]] = values.clone()
    average.update(average_norms)
    torch.save(dict(model=state, average=average, optimiser=optimiser.state(), **progress), path + '.partial')
    os.replace(path + '.partial', path)


def choose_rows(shards, rng, newest, size):
    """Random rows; those from `newest` on, which came last, are drawn twice as often."""
    weight = np.where(np.arange(len(shards.index)) >= newest, 2.0, 1.0)
    return shards.index[rng.choice(len(shards.index), size, p=weight / weight.sum())]


def train(options):
    rank, workers = options.rank, options.workers
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if workers > 1:
        dist.init_process_group('gloo', init_method=f'tcp://127.0.0.1:{options.port}', rank=rank, world_size=workers)
    shards = Shards(options.views, options.targets, options.info)
    path = f'{options.out}/checkpoint.pt'
    losses = Losses(shards, *torch.load(f'{options.out}/basis.pt'))
    checkpoint = torch.load(path)
    pair = Pair(shards.info['map7']['channels'], shards.info['map14']['channels'], losses.projection.shape[1])
    pair.load_state_dict(checkpoint['model'])
    optimiser = SharedAdamW(parameter_groups(pair), options.shared, rank, workers, AVERAGE)
    if checkpoint['optimiser'] is not None:  # None: a warm start
        optimiser.load(checkpoint['optimiser'])
    progress = {key: checkpoint[key] for key in ('step', 'seen', 'begun')}
    progress['begun'] = progress['begun'] or time.time()
    pair.train()
    net, early = pair.net, fold(frozen_layers(pair.net))
    frozen_layers(net).eval()
    norms = {name: value.clone() for name, value in pair.state_dict().items() if 'running' in name}
    rng, shared = np.random.default_rng([options.seed, rank, progress['step']]), np.random.default_rng(
        [options.seed, progress['step']]
    )
    generator = torch.Generator().manual_seed(options.seed * 1000 + rank + progress['step'] * 7)
    end = moment(options.until) if options.until else progress['begun'] + 60 * options.minutes
    first, newest = progress['step'], len(shards.index)
    log, log_time, save_time = dict.fromkeys(WEIGHTS, 0.0), time.time(), time.time()
    while True:
        share = torch.tensor([(time.time() - progress['begun']) / (end - progress['begun'])], dtype=torch.float64)
        if workers > 1:
            dist.broadcast(share, 0)
        share = share.item()
        if share >= 1 or progress['step'] - first >= options.steps:
            break
        if progress['step'] % LOOK_EVERY == 0:
            newest = len(shards.index) if progress['step'] % (5 * LOOK_EVERY) == 0 else newest
            shards.refresh()
        views, map7, map14, pooled = shards.batch(choose_rows(shards, rng, newest, BATCH))
        if rng.random() < 0.5:
            views, map7, map14 = views.flip(3), map7.flip(3), map14.flip(3)
        side = int(shared.choice(SMALL_SIDES if share < SMALL_PHASE else LARGE_SIDES))
        with torch.no_grad():
            start = early(augment(views, side, generator))
        with torch.cpu.amp.autocast(dtype=torch.bfloat16):
            high = net.high[FROZEN_HIGH:](start)
            top = net.top(net.deep(high))
        parts = losses(pair.heads, high.float(), top.float(), map7, map14, pooled)
        optimiser.zero()
        sum(WEIGHTS[name] * part for name, part in parts.items()).backward()
        optimiser.step(RATE * rate_at(share, optimiser.steps))
        progress['step'], progress['seen'] = progress['step'] + 1, progress['seen'] + BATCH * workers
        log = {name: log[name] + part.item() / LOG_EVERY for name, part in parts.items()}
        if rank:
            continue
        state = pair.state_dict()
        for name, value in norms.items():
            value.lerp_(state[name], 0.02)
        if progress['step'] % LOG_EVERY == 0:
            took, log_time = time.time() - log_time, time.time()
            print(
                time.strftime('%H:%M:%S'),
                json.dumps(dict(share=round(share, 3), views=len(shards.index), **progress)),
                *[f'{name} {value:.3f}' for name, value in log.items()],
                f'{took / LOG_EVERY / BATCH / workers * 1e3:.1f} ms a sample, {time.process_time():.0f} s of CPU',
                flush=True,
            )
            log = dict.fromkeys(WEIGHTS, 0.0)
        if time.time() - save_time > SAVE_EVERY:
            save(path, pair, optimiser, progress, norms)
            save_time = time.time()
    if rank == 0:
        save(path, pair, optimiser, progress, norms)
        print('done', progress, flush=True)


def main():
    parser = argparse.ArgumentParser()
    for key in ('views', 'targets', 'info', 'out'):
        parser.add_argument('--' + key, required=True)
    parser.add_argument('--minutes', type=float, default=90, help='from the first step to the last, pauses included')
    parser.add_argument('--until', help='HH:MM today, in place of --minutes')
    parser.add_argument(
        '--shared', default='/dev/shm/oneclass-training', help="a folder for the workers' common memory"
    )
    parser.add_argument('--steps', type=int, default=10**9, help='stop after so many steps')
    for key, default in (('rank', 0), ('workers', 1), ('port', 29511), ('seed', 1)):
        parser.add_argument('--' + key, type=int, default=default)
    train(parser.parse_args())


if __name__ == '__main__':
    main()
