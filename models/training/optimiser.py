"""AdamW over one flat buffer, shared by the worker processes of one machine.

Parameters, gradients and moments lie in files mapped by all workers (in memory, /dev/shm). Each worker adds up all
gradients of its own part of the buffer and updates that part for everybody, in pieces that stay in the processor's
cache. So no gradient is sent and no update is computed twice."""

import os

import torch
import torch.distributed as dist

PIECE = 1 << 15


def meet(workers):
    """Waits for all workers."""
    if workers > 1:
        dist.all_reduce(torch.zeros(1))


class SharedAdamW:
    """`groups`: [([parameter], share of the rate, weight decay)]; every worker passes the same network.

    `average` holds the weights averaged with the factor `keep` a step. Buffers of the network (batch norms'
    statistics) stay each worker's own."""

    def __init__(self, groups, folder, rank, workers, keep, betas=(0.9, 0.99), clip=5.0):
        self.rank, self.workers, self.keep, self.betas, self.clip, self.steps = rank, workers, keep, betas, clip, 0
        self.parameters, self.segments, start = [], [], 0
        for parameters, share, decay in groups:
            size = sum(p.numel() for p in parameters)
            self.segments.append((start, start + size, share, decay))
            self.parameters += parameters
            start += size
        self.size = start
        os.makedirs(folder, exist_ok=True)
        self.values, self.first, self.second, self.average = [
            self._map(folder, n) for n in ('values', 'first', 'second', 'average')
        ]
        self.gradients = [self._map(folder, f'gradients{worker}') for worker in range(workers)]
        meet(workers)  # the files are there
        if rank == 0:
            self.values.copy_(torch.cat([p.data.reshape(-1) for p in self.parameters]))
            self.average.copy_(self.values)
            self.first.zero_()
            self.second.zero_()
        meet(workers)
        start = 0
        for p in self.parameters:
            end = start + p.numel()
            p.data = self.values[start:end].view(p.shape)
            p.grad = self.gradients[rank][start:end].view(p.shape)
            start = end

    def _map(self, folder, name):
        return torch.from_file(f'{folder}/{name}', shared=True, size=self.size, dtype=torch.float32)

    def zero(self):
        self.gradients[self.rank].zero_()

    def _pieces(self):
        """(start, end, share, decay) of this worker's part."""
        low, high = self.size * self.rank // self.workers, self.size * (self.rank + 1) // self.workers
        for start, end, share, decay in self.segments:
            for at in range(max(start, low), min(end, high), PIECE):
                yield at, min(at + PIECE, end, high), share, decay

    @torch.no_grad()
    def step(self, rate):
        """One update with this learning rate; all workers must call it."""
        meet(self.workers)
        own, square = self.gradients[0], 0.0
        for start, end, _, _ in self._pieces():
            total = own[start:end]
            for other in self.gradients[1:]:
                total += other[start:end]
            square += total.dot(total).item()
        norm = torch.tensor([square])
        if self.workers > 1:
            dist.all_reduce(norm)
        norm = norm.sqrt().item() / self.workers
        scale = min(1.0, self.clip / max(norm, 1e-12)) / self.workers
        self.steps += 1
        first, second = self.betas
        correct1, correct2 = 1 - first**self.steps, 1 - second**self.steps
        keep = min(self.keep, (1 + self.steps) / (10 + self.steps))
        for start, end, share, decay in self._pieces():
            here = slice(start, end)
            gradient = own[here] * scale
            value, m, v = self.values[here], self.first[here], self.second[here]
            m.lerp_(gradient, 1 - first)
            v.mul_(second).addcmul_(gradient, gradient, value=1 - second)
            if decay:
                value.mul_(1 - rate * share * decay)
            value.addcdiv_(m, (v / correct2).sqrt_().add_(1e-8), value=-rate * share / correct1)
            self.average[here].lerp_(value, 1 - keep)
        meet(self.workers)

    def state(self):
        return dict(
            first=self.first.clone(), second=self.second.clone(), average=self.average.clone(), steps=self.steps
        )

    def load(self, state):
        """Goes on from `state` (all workers)."""
        self.steps = state['steps']
        if self.rank == 0:
            for name in ('first', 'second', 'average'):
                getattr(self, name).copy_(state[name])
        meet(self.workers)

    def averaged(self):
        """[(parameter, its averaged values)]"""
        start = 0
        for p in self.parameters:
            yield p, self.average[start : start + p.numel()].view(p.shape)
            start += p.numel()
