"""Distils the teachers into the student. The teachers look at every view as it is cut, so no view comes twice.

  distil.py --packs DIR --v2 V2.onnx --v1 V1.onnx --start start.pt --out RUN --seconds 600 [--device cuda]

Packs may arrive while it runs. The schedule follows the clock. RUN/checkpoint.pt (for evaluate.py and export.py) is
written every minute and at the end."""

import argparse
import os
import random
import time

import torch
import torch.nn.functional as F
from torch import nn

from packs import BIG, Images
from student import MAPS, POOLED, Pair
from teacher import Basis, Teacher
from views import cut, disturb, shrink

SIDES = (128, 144, 160, 160, 176, 192)  # px; one of them for a batch
SIDE = 160  # px, at which the statistics of the batch norms are measured
RATE, TRUNK_SHARE, WEIGHT_DECAY = 1.5e-3, 0.6, 0.03  # TRUNK_SHARE: the share of the rate for layers up to stride 8
WARM_UP, DECAY_FROM = 300, 0.4  # steps; share of the time after which the rate falls to zero
AVERAGE, LARGEST_GRADIENT = 0.999, 3.0
TEMPERATURE, MAP_POWER, POOLED_POWER = 2.0, 0.5, 0.9
WEIGHTS = {
    **{'map7_v2': 1.0, 'map7_v1': 0.5, 'map14_v2': 0.3, 'map14_v1': 0.3, 'map28_v2': 0.2, 'map28_v1': 0.2},
    **{'pooled_v2': 2.0, 'pooled_v1': 1.0, 'logits': 0.5},
}
LOOK_EVERY, SAVE_EVERY, LOG_EVERY = 2, 60, 50  # seconds, seconds, steps


def rate_at(share, step):
    """The learning rate: a short rise, constant, then straight down to zero."""
    return RATE * min(1.0, (step + 1) / WARM_UP) * min(1.0, max(0.0, (1 - share) / (1 - DECAY_FROM)))


class Trainer:
    def __init__(self, options):
        self.options, self.device = options, options.device
        self.cuda = options.device == 'cuda'
        self.begun, self.step, self.seen = time.time(), 0, 0
        torch.manual_seed(options.seed)
        self.choose = random.Random(options.seed)
        self.generator = torch.Generator(self.device).manual_seed(options.seed)
        self.images = Images(options.packs, self.device, options.workers, options.capacity)
        kind = torch.float16 if self.cuda else torch.float32
        layout = dict(memory_format=torch.channels_last)
        paths = {'v2': options.v2, 'v1': options.v1}
        self.teachers = {name: Teacher(path, kind).to(self.device, **layout).eval() for name, path in paths.items()}
        pair = Pair()
        missing = pair.net.load_state_dict(torch.load(options.start, map_location='cpu'), strict=False).missing_keys
        self.say(f'{len(missing)} tensors start anew')
        self.net, self.heads = pair.net.to(self.device, **layout), pair.heads.to(self.device)
        self.pair = pair

    def say(self, *words):
        print(f'{time.time() - self.begun:.0f} s', *words, flush=True)

    def seconds(self):
        """How long to train; RUN/seconds, once it is written, says it anew."""
        path = f'{self.options.out}/seconds'
        return float(open(path).read()) if os.path.exists(path) else self.options.seconds

    def views(self):
        return cut(self.images, self.options.batch, self.generator, self.choose)

    def ask(self, views):
        return {name: teacher(views / 127.5 - 1) for name, teacher in self.teachers.items()}

    def look(self, side, views, mirrored=False):
        """-> {level: float32 map} of the student, of views and perhaps of their mirror images behind them"""
        small = shrink(views, side, self.choose)
        small = disturb(torch.cat([small, small.flip(3)]) if mirrored else small, self.generator, self.choose)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.cuda):
            levels = self.net(small.contiguous(memory_format=torch.channels_last))
        return {name: level.float() for name, level in zip(('low', 'mid', 'high', 'top'), levels)}

    @torch.no_grad()
    def measure_bases(self):
        """The coordinates in which the teachers' answers are learnt, by a sample of them."""
        rows = {}
        for _ in range(0, self.options.sample, self.options.batch):
            answers = self.ask(self.views())
            for teacher, name in MAPS:
                places = answers[teacher][name].permute(0, 2, 3, 1).flatten(0, 2)
                few = torch.randint(0, len(places), (12 * self.options.batch,), device=self.device)
                rows.setdefault((teacher, name), []).append(places[few].float())
            for teacher in POOLED:
                rows.setdefault((teacher, 'pooled'), []).append(answers[teacher]['embedding'].float())
        self.bases = {}
        for (teacher, name), parts in rows.items():
            pooled = name == 'pooled'
            count, power = (POOLED[teacher], POOLED_POWER) if pooled else (MAPS[teacher, name][0], MAP_POWER)
            self.bases[teacher, name] = Basis(torch.cat(parts), count, power)
        # the student's logits follow from its coordinates by the teacher's own last layer
        basis, (weight, bias) = self.bases['v2', 'pooled'], self.teachers['v2'].last_layer()
        back = torch.linalg.pinv(basis.projection.double()).float()
        self.last = (weight, bias, weight @ back.T, weight @ basis.mean + bias)

    @torch.no_grad()
    def targets(self, views):
        """-> {head: coordinates of the teachers' answers}, and `logits`"""
        answers = self.ask(views)
        found = {f'{name}_{t}': self.bases[t, name].maps(answers[t][name]) for t, name in MAPS}
        for t in POOLED:
            found[f'pooled_{t}'] = self.bases[t, 'pooled'].rows(answers[t]['embedding'])
        found['logits'] = answers['v2']['embedding'].float() @ self.last[0].T + self.last[1]
        return found

    def inputs(self, levels):
        """What each head reads, by its name."""
        found = {f'{name}_{t}': levels[level] for (t, name), (_, level) in MAPS.items()}
        top = levels['top'].mean((2, 3))
        return {**found, **{f'pooled_{t}': top for t in POOLED}}

    def fit(self, target, source):
        """A map of targets on the grid of a map of the student."""
        if target.ndim < 4 or target.shape[2:] == source.shape[2:]:
            return target
        return F.interpolate(target, size=source.shape[2:], mode='bilinear', antialias=True)

    @torch.no_grad()
    def fit_heads(self, strength=1e-2):
        """The heads by ridge regression, so that training begins with the network that was read."""
        self.net.eval()
        rows = {}
        for _ in range(0, self.options.sample, self.options.batch):
            views = self.views()
            targets, inputs = self.targets(views), self.inputs(self.look(SIDE, views))
            for name, x in inputs.items():
                y = self.fit(targets[name], x)
                if x.ndim == 4:
                    x, y = (t.permute(0, 2, 3, 1).flatten(0, 2) for t in (x, y))
                    few = torch.randint(0, len(x), (min(len(x), 3000),), device=self.device)
                    x, y = x[few], y[few]
                rows.setdefault(name, []).append((x, y))
        for name, parts in rows.items():
            x, y = (torch.cat(column).double() for column in zip(*parts))
            x = torch.cat([x, torch.ones_like(x[:, :1])], 1)
            gram = x.T @ x
            gram += strength * gram.diagonal().mean() * torch.eye(len(gram), dtype=x.dtype, device=self.device)
            solution = torch.linalg.solve(gram, x.T @ y)
            head = getattr(self.heads, name)
            head.weight.copy_(solution[:-1].T.float().view_as(head.weight))
            head.bias.copy_(solution[-1].float())
            self.say(f'head {name}: error {((x @ solution - y).square().mean() / y.square().mean()).item():.3f}')

    def losses(self, levels, targets):
        """-> {head: mean squared error}, and the divergence of the logits"""
        losses = {}
        for name, x in self.inputs(levels).items():
            made = getattr(self.heads, name)(x)
            losses[name] = F.mse_loss(made, self.fit(targets[name], x))
            if name == 'pooled_v2':
                wanted = F.log_softmax(targets['logits'] / TEMPERATURE, 1)
                said = F.log_softmax((made @ self.last[2].T + self.last[3]) / TEMPERATURE, 1)
                losses['logits'] = F.kl_div(said, wanted, log_target=True, reduction='batchmean')
        return losses

    def optimiser(self):
        trunk = {id(p) for p in [*self.net.low.parameters(), *self.net.mid.parameters()]}
        groups = {}
        for p in self.pair.parameters():
            groups.setdefault((id(p) in trunk, p.ndim > 1), []).append(p)
        return torch.optim.AdamW(
            [
                dict(params=p, share=TRUNK_SHARE if low else 1.0, weight_decay=WEIGHT_DECAY if decays else 0.0)
                for (low, decays), p in groups.items()
            ],
            betas=(0.9, 0.99),
        )

    def train(self):
        optimiser, names = self.optimiser(), [name for name, _ in self.pair.named_parameters()]
        weights = list(self.pair.parameters())
        self.average = [p.detach().clone() for p in weights]
        self.names, end = names, self.begun + self.seconds()
        self.pair.train()
        started = logged = saved = looked = time.time()
        total = {}
        while time.time() < end and self.step < self.options.steps:
            rate = rate_at((time.time() - started) / (end - started), self.step)
            for group in optimiser.param_groups:
                group['lr'] = rate * group['share']
            with torch.no_grad():
                views = self.views()
                # the mirror image has the same pooled targets: their mean is what is learnt
                targets = {k: torch.cat([v, v.flip(3) if v.ndim == 4 else v]) for k, v in self.targets(views).items()}
            losses = self.losses(self.look(self.choose.choice(SIDES), views, mirrored=True), targets)
            optimiser.zero_grad(set_to_none=True)
            sum(WEIGHTS[name] * loss for name, loss in losses.items()).backward()
            nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
            optimiser.step()
            self.step, self.seen = self.step + 1, self.seen + 2 * len(views)
            with torch.no_grad():
                keep = min(AVERAGE, 1 - 1 / (self.step + 1))
                torch._foreach_mul_(self.average, keep)
                torch._foreach_add_(self.average, [p.detach() for p in weights], alpha=1 - keep)
            total = {name: total.get(name, 0) + loss.detach() / LOG_EVERY for name, loss in losses.items()}
            if self.step % LOG_EVERY == 0:
                figures = [f'{name} {value.item():.3f}' for name, value in total.items()]
                now = time.time()
                self.say(
                    f'step {self.step} seen {self.seen} images {list(self.images.count.values())} rate {rate:.1e}',
                    f'{2 * LOG_EVERY * len(views) / (now - logged):.0f} a second', *figures,
                )
                total, logged = {}, now
            if time.time() - looked > LOOK_EVERY:
                self.images.look()
                end = self.begun + self.seconds()
                looked = time.time()
            if time.time() - saved > SAVE_EVERY:
                self.save()
                saved = time.time()

    @torch.no_grad()
    def finish(self):
        """Averaged weights, with the statistics of the batch norms measured for them."""
        for p, mean in zip(self.pair.parameters(), self.average):
            p.copy_(mean)
        for module in self.net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
                module.momentum = None
        for _ in range(self.options.settle):
            self.look(SIDE, self.views())
        self.save()
        self.say('done', self.step, self.seen)

    def save(self):
        state = {**self.pair.state_dict(), **dict(zip(self.names, self.average))}
        state = {name: value.detach().cpu() for name, value in state.items()}
        path = f'{self.options.out}/checkpoint.pt'
        torch.save({'average': state, 'step': self.step, 'seen': self.seen}, path + '.partial')
        os.replace(path + '.partial', path)


def main():
    parser = argparse.ArgumentParser()
    for key in ('packs', 'v2', 'v1', 'start', 'out'):
        parser.add_argument('--' + key, required=True)
    parser.add_argument('--seconds', type=float, default=600)
    parser.add_argument('--steps', type=int, default=10**9, help='stop after so many steps')
    parser.add_argument('--device', default='cuda')
    parser.add_argument('--batch', type=int, default=384, help='views; the student sees each twice')
    parser.add_argument('--sample', type=int, default=6144, help='views by which coordinates are measured')
    parser.add_argument('--settle', type=int, default=60, help='batches to measure the batch norms on, at the end')
    parser.add_argument('--capacity', type=int, nargs=2, default=(200_000, 110_000), help='images of 208 and of 64 px')
    parser.add_argument('--workers', type=int, default=14, help='processes that decode')
    parser.add_argument('--least', type=int, default=4000, help='images to wait for')
    parser.add_argument('--seed', type=int, default=6)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    trainer = Trainer(options)
    while trainer.images.count[BIG] < options.least:
        trainer.images.look()
        time.sleep(0.2)
    trainer.measure_bases()
    trainer.fit_heads()
    trainer.train()
    trainer.finish()
    trainer.images.close()


if __name__ == '__main__':
    main()
